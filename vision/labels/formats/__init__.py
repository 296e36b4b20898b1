"""File formats of annotation tools: COCO, CVAT and Label Studio."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.labels.data_set.picture import LabelledPicture
from vision.labels.formats import coco, cvat, label_studio

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that holds the labels of many pictures in one file."""

    name: str
    title: str
    suffix: str
    write: Callable[[Sequence[LabelledPicture], Path], None]
    read: Callable[[Path, Mapping[str, str]], list[LabelledPicture]]
    """(file, class name mapping) to pictures. Without a size in the file the size is 0 x 0 and boxes are fractions.
    Raises LabelError with file, location and remedy."""


FORMATS: dict[str, Format] = {
    "coco": Format("coco", "COCO instances JSON", ".json", coco.write, coco.read),
    "cvat": Format("cvat", "CVAT for images 1.1 (XML)", ".xml", cvat.write, cvat.read),
    "label-studio": Format("label-studio", "Label Studio JSON", ".json", label_studio.write, label_studio.read),
}
