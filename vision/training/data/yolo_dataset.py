"""A data set in YOLO form: `data.yaml`, pictures, and beside each a text file of boxes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.core import NgatuError
from vision.labels.data_set.class_names import class_numbers
from vision.labels.data_set.data_file import DATA_FILE, read_data_file
from vision.labels.data_set.data_set import SUFFIXES, Image, label_text, open_image
from vision.labels.data_set.picture import Boxes
from vision.labels.data_set.yolo import ClassNumbers, from_text, to_text
from vision.labels.errors import LabelError


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What people say is in a picture."""

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom as fractions of the picture's width and height."""
    class_id: NDArray[np.int64]
    """(N,): index into CLASSES."""

    def __len__(self) -> int:
        return len(self.class_id)

    def in_px(self, image: Image) -> NDArray[np.float32]:
        """(N, 4) boxes in pixels of this picture."""
        height, width = image.shape[:2]
        return self.xyxy * np.array([width, height, width, height], np.float32)


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture and the file of its boxes, which may be absent: then nothing is in it."""

    picture: Path
    labels: Path

    @property
    def scene(self) -> str:
        """Where it was taken: the name up to the first `_`, as splits go by scene."""
        return self.picture.stem.partition("_")[0]

    def read(self) -> Image:
        """(h, w, 3) as BGR. Raises LabelError."""
        return open_image(self.picture)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder with `data.yaml`, and which of our classes each of its numbers means."""

    folder: Path
    name: str
    numbers: ClassNumbers
    splits: dict[str, Path]

    def pictures(self, split: str) -> list[LabelledPicture]:
        """The split's pictures by name. Raises NgatuError where there are none."""
        if split not in self.splits:
            raise NgatuError(f"data set {self.folder}: it has no '{split}'; its splits are {', '.join(self.splits)}")
        folder = self.splits[split]
        found = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES)
        if not found:
            raise NgatuError(f"data set {self.folder}: no pictures in {folder}, where its '{split}' should lie")
        return [LabelledPicture(file, _labels_file(file)) for file in found]

    def labels(self, of: LabelledPicture) -> Labels:
        """The boxes of one picture, in our numbering. Raises LabelError with all that is wrong in its file."""
        if not of.labels.is_file():
            return Labels(np.empty((0, 4), np.float32), np.empty(0, np.int64))
        boxes, problems = from_text(label_text(of.labels), of.labels, 1, 1, self.numbers)
        if problems:
            raise LabelError(problems)
        return Labels(boxes.xyxy.astype(np.float32), boxes.class_id)


def read_dataset(path: Path) -> DataSet:
    """The data set in a folder, or of a `data.yaml`. Raises LabelError naming what is wrong with it."""
    file = path / DATA_FILE if path.is_dir() else path
    said = read_data_file(file)
    return DataSet(file.parent, file.parent.resolve().name, class_numbers(said.names, {}, file), said.folders)


def digest(pictures: Iterable[LabelledPicture]) -> str:
    """SHA-256 over the pictures' and labels' bytes, in order of their names: the same data give the same."""
    whole = hashlib.sha256()
    for one in pictures:
        for file in (one.picture, one.labels):
            whole.update(hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return whole.hexdigest()


def file_digest(file: Path) -> str:
    """SHA-256 of one file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_labels(file: Path, labels: Labels) -> None:
    """Boxes in YOLO form, in our numbering."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_text(Boxes(labels.xyxy.astype(np.float64), labels.class_id), 1, 1), encoding="utf-8")


def _labels_file(picture: Path) -> Path:
    """`…/images/train/a.jpg` to `…/labels/train/a.txt`, as YOLO has it: the last `images` is replaced."""
    parts = list(picture.parts)
    where = [i for i, part in enumerate(parts[:-1]) if part == "images"]
    if where:
        parts[where[-1]] = "labels"
    return Path(*parts).with_suffix(".txt")
