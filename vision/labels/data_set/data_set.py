"""Reads and writes a data set folder in YOLO form."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.labels.data_set.class_names import class_numbers
from vision.labels.data_set.data_file import DATA_FILE, read_data_file
from vision.labels.data_set.picture import Boxes, LabelledPicture, Split
from vision.labels.data_set.yolo import ClassNumbers, from_text, to_text
from vision.labels.errors import LabelError, Problem

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
Image = NDArray[np.uint8]
ReadProgress = Callable[[int, int], None]
"""Called with (pictures read, pictures in all)."""


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """The pictures of a folder and the mistakes found in it.

    The folder contains:

    - `data.yaml`: class names and picture folders
    - `images/{new,train,val}/*.jpg`: pictures; those in `new` have no split yet
    - `labels/{new,train,val}/*.txt`: one label file per picture; without one the picture is not labelled
    - `ledger.jsonl`: provenance of each picture (`provenance.py`)
    - `review.jsonl`: questions of the models and corrections by people (`review/reviews.py`)
    """

    folder: Path
    pictures: tuple[LabelledPicture, ...]
    problems: tuple[Problem, ...]
    """Mistakes in label files and pictures. These lines and pictures are not in `pictures`."""

    def by_name(self) -> dict[str, LabelledPicture]:
        return {picture.name: picture for picture in self.pictures}


def create(folder: Path) -> Path:
    """Create the folders and `data.yaml` of an empty data set; what exists stays."""
    for kind in ("images", "labels"):
        for split in Split:
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
    if not (folder / DATA_FILE).exists():
        names = ", ".join(CLASSES)
        (folder / DATA_FILE).write_text(f"path: .\ntrain: images/train\nval: images/val\nnames: [{names}]\n")
    return folder


def read(
    folder: Path, names: dict[str, str] | None = None, progress: ReadProgress = lambda _done, _total: None
) -> DataSet:
    """Read all pictures and labels, and collect mistakes; broken pictures are left out.

    `names` maps class names of other data sets to `ObjectClass` (`van` to `truck`), or to `-`: leave these boxes out.
    Raises LabelError if the folder is not a data set.
    """
    numbers = class_numbers(read_data_file(folder / DATA_FILE).names, names or {}, folder / DATA_FILE)
    files = list(picture_files(folder))
    pictures: list[LabelledPicture] = []
    problems: list[Problem] = []
    for done, (split, file) in enumerate(files, start=1):
        try:
            picture, mistakes = _read_picture(folder, split, file, numbers)
        except LabelError as error:
            problems += error.problems
        else:
            pictures.append(picture)
            problems += mistakes
        progress(done, len(files))
    return DataSet(folder, tuple(pictures), tuple(problems))


def load(
    folder: Path, names: dict[str, str] | None = None, progress: ReadProgress = lambda _done, _total: None
) -> DataSet:
    """Like `read`, but raises LabelError with all mistakes if there is any."""
    data = read(folder, names, progress)
    if data.problems:
        raise LabelError(data.problems)
    return data


def picture_files(folder: Path) -> Iterator[tuple[Split, Path]]:
    """All picture files, by split, then by name."""
    for split in Split:
        for file in sorted((folder / "images" / split).glob("*")):
            if file.suffix.lower() in SUFFIXES:
                yield split, file


def image_file(folder: Path, picture: LabelledPicture) -> Path:
    return folder / "images" / picture.split / picture.name


def label_file(folder: Path, picture: LabelledPicture) -> Path:
    return folder / "labels" / picture.split / f"{picture.stem}.txt"


def open_image(file: Path) -> Image:
    """The picture as BGR (height, width, 3). Raises LabelError."""
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise LabelError.single(file, "not a picture that can be opened", "delete or replace it")
    return np.asarray(image, np.uint8)


def write_labels(folder: Path, picture: LabelledPicture) -> None:
    """Write a picture's label file, or remove it if the picture is not labelled."""
    file = label_file(folder, picture)
    if picture.boxes is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_text(picture.boxes, picture.width_px, picture.height_px), encoding="utf-8")


def move(folder: Path, picture: LabelledPicture, split: Split) -> None:
    """Move a picture and its labels to another split."""
    for kind, file in (("images", image_file(folder, picture)), ("labels", label_file(folder, picture))):
        if file.exists():
            target = folder / kind / split
            target.mkdir(parents=True, exist_ok=True)
            file.replace(target / file.name)


def _read_picture(
    folder: Path, split: Split, file: Path, numbers: ClassNumbers
) -> tuple[LabelledPicture, Iterable[Problem]]:
    height_px, width_px = open_image(file).shape[:2]
    labels = folder / "labels" / split / f"{file.stem}.txt"
    boxes: Boxes | None = None
    problems: list[Problem] = []
    if labels.exists():
        boxes, problems = from_text(label_text(labels), labels, width_px, height_px, numbers)
    return LabelledPicture(file.name, split, width_px, height_px, boxes), problems


def label_text(file: Path) -> str:
    """The text of a label file. Raises LabelError."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise LabelError.single(file, "not UTF-8 text", "write labels as plain text") from None
