"""The forms in which labels come from and go to the tools that people correct them in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.labels.data_set.picture import LabelledPicture
from vision.labels.formats import coco, cvat, label_studio

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """One form: a single file that tells of many pictures."""

    name: str
    title: str
    suffix: str
    write: Callable[[Sequence[LabelledPicture], Path], None]
    read: Callable[[Path, Mapping[str, str]], list[LabelledPicture]]
    """(file, other names of classes) to pictures; a size that the file does not tell is 0 x 0, its boxes then being
    fractions. Raises LabelError naming file, place and remedy."""


FORMATS: dict[str, Format] = {
    "coco": Format("coco", "COCO instances JSON", ".json", coco.write, coco.read),
    "cvat": Format("cvat", "CVAT for images 1.1 (XML)", ".xml", cvat.write, cvat.read),
    "label-studio": Format("label-studio", "Label Studio JSON", ".json", label_studio.write, label_studio.read),
}
