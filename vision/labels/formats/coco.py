"""Reads and writes COCO instances JSON (Lin et al. 2014): boxes are left, top, width, height in pixels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from vision.common.object_class import CLASSES
from vision.labels.data_set.class_names import class_id_of
from vision.labels.data_set.picture import Boxes, LabelledPicture
from vision.labels.errors import LabelError
from vision.labels.formats.json_file import Part, read_document, write_document
from vision.labels.formats.names import file_name, split_named

TITLE = "COCO instances JSON"


class _Image(Part):
    id: int
    file_name: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    subset: str = ""
    labelled: bool = True


class _Category(Part):
    id: int
    name: str


class _Annotation(Part):
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int = 0


class _Document(Part):
    images: tuple[_Image, ...]
    categories: tuple[_Category, ...]
    annotations: tuple[_Annotation, ...]


_FORM = TypeAdapter(_Document)


def write(pictures: Sequence[LabelledPicture], path: Path) -> None:
    """Write a file. Categories count from 1, as in COCO; other tools ignore our fields `subset` and `labelled`."""
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        annotations += _annotations(picture, number, first_id=len(annotations) + 1)
    content = {
        "images": [_image(picture, number) for number, picture in enumerate(pictures, start=1)],
        "categories": [{"id": kind.class_id + 1, "name": str(kind)} for kind in CLASSES],
        "annotations": annotations,
    }
    write_document(path, content)


def read(path: Path, names: Mapping[str, str]) -> list[LabelledPicture]:
    """All pictures of the file, without crowd regions. Raises LabelError with the location."""
    document = read_document(path, _FORM, TITLE)
    classes = {
        category.id: class_id_of(category.name, names, path, place=f"categories.{place}.name")
        for place, category in enumerate(document.categories)
    }
    image_ids = {image.id for image in document.images}
    rows: defaultdict[int, list[tuple[int, tuple[float, float, float, float]]]] = defaultdict(list)
    for place, annotation in enumerate(document.annotations):
        _check(annotation, path, place, image_ids, classes)
        class_id = classes[annotation.category_id]
        if class_id is not None and not annotation.iscrowd:
            left, top, width, height = annotation.bbox
            rows[annotation.image_id].append((class_id, (left, top, left + width, top + height)))
    return [_picture(image, rows[image.id]) for image in document.images]


def _image(picture: LabelledPicture, number: int) -> dict[str, Any]:
    image = {"id": number, "file_name": picture.name, "width": picture.width_px, "height": picture.height_px}
    return image | {"subset": str(picture.split), "labelled": picture.boxes is not None}


def _annotations(picture: LabelledPicture, number: int, first_id: int) -> list[dict[str, Any]]:
    boxes = picture.boxes or Boxes.empty()
    rows = zip(boxes.xyxy.tolist(), boxes.class_id.tolist(), strict=True)
    return [
        {
            "id": first_id + place,
            "image_id": number,
            "category_id": class_id + 1,
            "bbox": [round(value, 6) for value in (left, top, right - left, bottom - top)],
            "area": round((right - left) * (bottom - top), 3),
            "iscrowd": 0,
        }
        for place, ((left, top, right, bottom), class_id) in enumerate(rows)
    ]


def _check(
    annotation: _Annotation, path: Path, place: int, image_ids: set[int], classes: Mapping[int, int | None]
) -> None:
    location = f"annotations.{place}"
    if annotation.image_id not in image_ids:
        raise LabelError.single(
            path, f"there is no image {annotation.image_id}", "use the complete file", place=f"{location}.image_id"
        )
    if annotation.category_id not in classes:
        raise LabelError.single(
            path,
            f"there is no category {annotation.category_id}",
            "use the complete file",
            place=f"{location}.category_id",
        )
    if min(annotation.bbox[2:]) <= 0:
        raise LabelError.single(path, "a box without width or height", "remove or redraw it", place=f"{location}.bbox")


def _picture(image: _Image, rows: list[tuple[int, tuple[float, float, float, float]]]) -> LabelledPicture:
    boxes = Boxes.of(rows) if rows or image.labelled else None
    return LabelledPicture(file_name(image.file_name), split_named(image.subset), image.width, image.height, boxes)
