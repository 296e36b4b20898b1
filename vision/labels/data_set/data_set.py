"""A data set as a folder that YOLO's trainers read as it is, and our notes beside it.

data.yaml                       names of the classes, and where the pictures are
images/{new,train,val}/*.jpg    pictures; those in `new` are not dealt yet
labels/{new,train,val}/*.txt    a label file a picture; an absent one: nobody has labelled it
ledger.jsonl                    where each picture comes from, and why it was taken
review.jsonl                    what models disagreed on, and what people have corrected
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.labels.data_set.class_names import numbers_of
from vision.labels.data_set.data_file import DATA_FILE, read_data_file
from vision.labels.data_set.picture import Boxes, LabelledPicture, Split
from vision.labels.data_set.yolo import Numbers, from_text, to_text
from vision.labels.errors import LabelError, Problem

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
Image = NDArray[np.uint8]
Told = Callable[[int, int], None]
"""(pictures read, pictures there are)."""


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """What a folder holds."""

    folder: Path
    pictures: tuple[LabelledPicture, ...]
    problems: tuple[Problem, ...]
    """What is wrong with label files and pictures; those lines and pictures are left out of `pictures`."""

    def by_name(self) -> dict[str, LabelledPicture]:
        return {picture.name: picture for picture in self.pictures}


def create(folder: Path) -> Path:
    """The folders of an empty data set, where they are not there yet."""
    for kind in ("images", "labels"):
        for split in Split:
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
    if not (folder / DATA_FILE).exists():
        names = ", ".join(CLASSES)
        (folder / DATA_FILE).write_text(f"path: .\ntrain: images/train\nval: images/val\nnames: [{names}]\n")
    return folder


def read(folder: Path, names: dict[str, str] | None = None, told: Told = lambda _done, _all: None) -> DataSet:
    """Every picture of a data set and its labels, with what is wrong in label files; broken pictures are left out.

    `names` turns names of other people's classes into ours (`van` into `truck`), or into `-`: not labelled here.
    Raises LabelError where the folder is no data set.
    """
    numbers = numbers_of(read_data_file(folder / DATA_FILE).names, names or {}, folder / DATA_FILE)
    files = list(picture_files(folder))
    pictures: list[LabelledPicture] = []
    problems: list[Problem] = []
    for done, (split, file) in enumerate(files, start=1):
        try:
            picture, wrong = _read_picture(folder, split, file, numbers)
        except LabelError as error:
            problems += error.problems
        else:
            pictures.append(picture)
            problems += wrong
        told(done, len(files))
    return DataSet(folder, tuple(pictures), tuple(problems))


def load(folder: Path, names: dict[str, str] | None = None, told: Told = lambda _done, _all: None) -> DataSet:
    """`read`, but a mistake in any label file is an error that names them all."""
    data = read(folder, names, told)
    if data.problems:
        raise LabelError(data.problems)
    return data


def picture_files(folder: Path) -> Iterator[tuple[Split, Path]]:
    """Every picture's file, split by split, by name."""
    for split in Split:
        for file in sorted((folder / "images" / split).glob("*")):
            if file.suffix.lower() in SUFFIXES:
                yield split, file


def image_file(folder: Path, picture: LabelledPicture) -> Path:
    return folder / "images" / picture.split / picture.name


def label_file(folder: Path, picture: LabelledPicture) -> Path:
    return folder / "labels" / picture.split / f"{picture.stem}.txt"


def open_image(file: Path) -> Image:
    """A picture (h, w, 3) as BGR. Raises LabelError."""
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise LabelError.single(file, "not a picture that can be opened", "delete it or bring it anew")
    return np.asarray(image, np.uint8)


def write_labels(folder: Path, picture: LabelledPicture) -> None:
    """Write a picture's label file; none where nobody has labelled it."""
    file = label_file(folder, picture)
    if picture.boxes is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_text(picture.boxes, picture.width_px, picture.height_px), encoding="utf-8")


def move(folder: Path, picture: LabelledPicture, split: Split) -> None:
    """Deal a picture and its labels to another split."""
    for kind, file in (("images", image_file(folder, picture)), ("labels", label_file(folder, picture))):
        if file.exists():
            target = folder / kind / split
            target.mkdir(parents=True, exist_ok=True)
            file.replace(target / file.name)


def _read_picture(
    folder: Path, split: Split, file: Path, numbers: Numbers
) -> tuple[LabelledPicture, Iterable[Problem]]:
    height_px, width_px = open_image(file).shape[:2]
    labels = folder / "labels" / split / f"{file.stem}.txt"
    boxes: Boxes | None = None
    problems: list[Problem] = []
    if labels.exists():
        boxes, problems = from_text(label_text(labels), labels, width_px, height_px, numbers)
    return LabelledPicture(file.name, split, width_px, height_px, boxes), problems


def label_text(file: Path) -> str:
    """What a label file says. Raises LabelError."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise LabelError.single(file, "not UTF-8 text", "is this another file? write labels as plain text") from None
