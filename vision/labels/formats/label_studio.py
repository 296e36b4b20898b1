"""Reads and writes Label Studio JSON: a task per picture, boxes in percent; labels are written as predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from vision.common.object_class import CLASSES
from vision.labels.data_set.class_names import class_id_of
from vision.labels.data_set.picture import Boxes, LabelledPicture
from vision.labels.errors import LabelError
from vision.labels.formats.json_file import Part, read_document, write_document
from vision.labels.formats.names import file_name, split_named

TITLE = "Label Studio JSON"
LOCAL_FILES = "/data/local-files/?d=images/"
"""URL of local files in Label Studio if `LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT` is the data set folder."""
Percent = float


class _Value(Part):
    """A rectangle; other results keep the defaults."""

    x: Percent = 0
    y: Percent = 0
    width: Percent = 0
    height: Percent = 0
    rotation: float = 0
    rectanglelabels: tuple[str, ...] = ()


class _Result(Part):
    type: str
    value: _Value
    original_width: int = 0
    original_height: int = 0


class _LabelSet(Part):
    result: tuple[_Result, ...]
    was_cancelled: bool = False


class _Data(Part):
    image: str
    file_name: str = ""
    subset: str = ""
    width: int = Field(0, ge=0)
    height: int = Field(0, ge=0)


class _Task(Part):
    data: _Data
    annotations: tuple[_LabelSet, ...] = ()
    predictions: tuple[_LabelSet, ...] = ()


_FORM = TypeAdapter(tuple[_Task, ...])


def write(pictures: Sequence[LabelledPicture], path: Path) -> None:
    write_document(path, [_task(picture) for picture in pictures])


def read(path: Path, names: Mapping[str, str]) -> list[LabelledPicture]:
    """Pictures with the newest annotation of each task, or its newest prediction if it has no annotation."""
    tasks = read_document(path, _FORM, TITLE)
    return [_picture(task, _Location(path, names, str(number))) for number, task in enumerate(tasks)]


def _task(picture: LabelledPicture) -> dict[str, Any]:
    data = {
        "image": f"{LOCAL_FILES}{picture.split}/{picture.name}",
        "file_name": picture.name,
        "subset": str(picture.split),
        "width": picture.width_px,
        "height": picture.height_px,
    }
    if picture.boxes is None:
        return {"data": data}
    rows = zip(picture.boxes.xyxy.tolist(), picture.boxes.class_id.tolist(), strict=True)
    results = [_result(picture, CLASSES[class_id], box) for box, class_id in rows]
    return {"data": data, "predictions": [{"model_version": "proposed", "result": results}]}


def _result(picture: LabelledPicture, kind: str, box: list[float]) -> dict[str, Any]:
    width, height = picture.width_px, picture.height_px
    left, top, right, bottom = box
    value = {
        "x": 100 * left / width,
        "y": 100 * top / height,
        "width": 100 * (right - left) / width,
        "height": 100 * (bottom - top) / height,
        "rotation": 0,
        "rectanglelabels": [kind],
    }
    return {
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": value,
    }


@dataclass(frozen=True, slots=True)
class _Location:
    """A location in a document, for errors."""

    path: Path
    names: Mapping[str, str]
    place: str

    def within(self, place: str) -> "_Location":
        return _Location(self.path, self.names, f"{self.place}.{place}")

    def error(self, message: str, remedy: str) -> LabelError:
        return LabelError.single(self.path, message, remedy, place=self.place)


def _picture(task: _Task, at: _Location) -> LabelledPicture:
    annotations = [one for one in task.annotations if not one.was_cancelled]
    chosen, key = (annotations, "annotations") if annotations else (list(task.predictions), "predictions")
    results = chosen[-1].result if chosen else ()
    size = _size(task, results)
    rows = [_row(result, size, at.within(f"{key}.result.{number}")) for number, result in enumerate(results)]
    boxes = Boxes.of([row for row in rows if row is not None]) if chosen else None
    name = task.data.file_name or file_name(task.data.image)
    return LabelledPicture(name, split_named(task.data.subset), *size, boxes)


def _size(task: _Task, results: Sequence[_Result]) -> tuple[int, int]:
    """The size of the picture; 0 x 0 if the task does not state it."""
    stated = [(task.data.width, task.data.height), *((r.original_width, r.original_height) for r in results)]
    return next(((width, height) for width, height in stated if width and height), (0, 0))


def _row(result: _Result, size: tuple[int, int], at: _Location) -> tuple[int, tuple[float, float, float, float]] | None:
    """A box in pixels, or as fractions if the size is unknown; None if the result is to be ignored."""
    value = result.value
    if result.type == "choices":
        return None
    if result.type != "rectanglelabels":
        raise at.error(f"{result.type}, not a box", "draw rectangles: a detector learns boxes")
    if value.rotation:
        raise at.error("a rotated box", "remove the rotation: a detector learns upright boxes")
    if value.width <= 0 or value.height <= 0:
        raise at.error("a box without width or height", "remove or redraw it")
    if len(value.rectanglelabels) != 1:
        raise at.error("a box with no class or several", "give it one")
    class_id = class_id_of(value.rectanglelabels[0], at.names, at.path, place=at.place)
    across, down = (side / 100 if side else 0.01 for side in size)
    edges = (value.x * across, value.y * down, (value.x + value.width) * across, (value.y + value.height) * down)
    return None if class_id is None else (class_id, edges)
