"""Reads and writes `CVAT for images 1.1`: XML with an element per picture and per box, in pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from vision.common.object_class import CLASSES
from vision.labels.data_set.class_names import class_id_of
from vision.labels.data_set.picture import Boxes, LabelledPicture
from vision.labels.errors import LabelError
from vision.labels.formats.names import file_name, split_named

TITLE = "CVAT for images 1.1"
OTHER_SHAPES = frozenset({"polygon", "polyline", "points", "cuboid", "mask", "ellipse", "skeleton"})
UNLABELLED = "unlabelled"
"""Tag of pictures without labels."""


def write(pictures: Sequence[LabelledPicture], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = "".join(f"<label><name>{kind}</name></label>" for kind in (*CLASSES, UNLABELLED))
    with path.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        out.write(f"  <meta><task><labels>{labels}</labels></task></meta>\n")
        for number, picture in enumerate(pictures):
            out.write(_image(picture, number))
        out.write("</annotations>\n")


def read(path: Path, names: Mapping[str, str]) -> list[LabelledPicture]:
    """All pictures of the file. Raises LabelError with the line, also for shapes other than boxes."""
    reader = _Reader(path, names)
    try:
        reader.parser.Parse(path.read_bytes(), True)
    except FileNotFoundError:
        raise LabelError.single(path, "there is no such file", "check the path") from None
    except expat.ExpatError as error:
        why = expat.errors.messages[error.code]
        raise LabelError.single(path, f"not XML: {why}", f"name a complete {TITLE} file", line=error.lineno) from None
    if not reader.is_cvat:
        raise LabelError.single(path, "no <annotations> in it", f"export it as {TITLE}")
    return [image.picture() for image in reader.images]


def _image(picture: LabelledPicture, number: int) -> str:
    head = (
        f'  <image id="{number}" name={quoteattr(picture.name)} subset="{picture.split}" '
        f'width="{picture.width_px}" height="{picture.height_px}">\n'
    )
    if picture.boxes is None:
        return f'{head}    <tag label="{UNLABELLED}" source="auto"></tag>\n  </image>\n'
    rows = zip(picture.boxes.xyxy.tolist(), picture.boxes.class_id.tolist(), strict=True)
    return head + "".join(_box(CLASSES[class_id], *box) for box, class_id in rows) + "  </image>\n"


def _box(kind: str, left: float, top: float, right: float, bottom: float) -> str:
    return (
        f'    <box label="{kind}" source="auto" occluded="0" xtl="{left:.4f}" ytl="{top:.4f}" '
        f'xbr="{right:.4f}" ybr="{bottom:.4f}" z_order="0"></box>\n'
    )


@dataclass(slots=True)
class _Image:
    """An <image> element."""

    name: str
    subset: str
    width_px: int
    height_px: int
    is_labelled: bool = True
    rows: list[tuple[int, tuple[float, float, float, float]]] = field(default_factory=list)

    def picture(self) -> LabelledPicture:
        boxes = Boxes.of(self.rows) if self.rows or self.is_labelled else None
        return LabelledPicture(file_name(self.name), split_named(self.subset), self.width_px, self.height_px, boxes)


class _Reader:
    """Collects pictures while the parser runs.

    It uses expat directly, for the line of each element, and to refuse documents that define entities.
    """

    def __init__(self, path: Path, names: Mapping[str, str]) -> None:
        self.images: list[_Image] = []
        self.is_cvat = False
        self._path = path
        self._names = names
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start_element
        self.parser.EntityDeclHandler = self._refuse_entity

    def _start_element(self, element: str, attributes: dict[str, str]) -> None:
        if element == "annotations":
            self.is_cvat = True
        elif element == "image":
            width, height = (int(self._number(attributes, side)) for side in ("width", "height"))
            self.images.append(_Image(self._attribute(attributes, "name"), attributes.get("subset", ""), width, height))
        elif element == "box":
            self._add_box(attributes)
        elif element == "tag" and attributes.get("label") == UNLABELLED:
            self._current().is_labelled = False
        elif element in OTHER_SHAPES:
            raise self._error(f"a {element}", "draw boxes instead: a detector learns boxes")

    def _add_box(self, attributes: dict[str, str]) -> None:
        class_id = class_id_of(self._attribute(attributes, "label"), self._names, self._path, line=self._line)
        left, top, right, bottom = (self._number(attributes, edge) for edge in ("xtl", "ytl", "xbr", "ybr"))
        if float(attributes.get("rotation", 0)):
            raise self._error("a rotated box", "remove the rotation: a detector learns upright boxes")
        if right <= left or bottom <= top:
            raise self._error("a box without width or height", "remove or redraw it")
        if class_id is not None:
            self._current().rows.append((class_id, (left, top, right, bottom)))

    def _current(self) -> _Image:
        if not self.images:
            raise self._error("a shape outside any <image>", f"export it as {TITLE}, not as a video's tracks")
        return self.images[-1]

    def _attribute(self, attributes: dict[str, str], key: str) -> str:
        if key not in attributes:
            raise self._error(f"`{key}` is missing", f"export it as {TITLE}")
        return attributes[key]

    def _number(self, attributes: dict[str, str], key: str) -> float:
        text = self._attribute(attributes, key)
        try:
            return float(text)
        except ValueError:
            raise self._error(f"{key}={text!r} is not a number", "write pixels") from None

    @property
    def _line(self) -> int:
        return self.parser.CurrentLineNumber

    def _refuse_entity(self, *_: object) -> None:
        raise self._error("it defines an entity", "export it again: CVAT files define none")

    def _error(self, message: str, remedy: str) -> LabelError:
        return LabelError.single(self._path, message, remedy, line=self._line)
