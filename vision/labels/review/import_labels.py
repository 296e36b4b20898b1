"""Labels that people corrected, taken into a data set; and other people's pictures with their labels."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from vision.labels.data_set.data_set import DataSet, image_file, load, open_image, write_labels
from vision.labels.data_set.picture import Boxes, LabelledPicture, Split
from vision.labels.data_set.provenance import Entry, append, digest_of
from vision.labels.errors import LabelError, Problem
from vision.labels.formats import FORMATS
from vision.labels.review.reviews import Review, State, read_reviews, write_reviews


@dataclass(frozen=True, slots=True)
class Brought:
    """Pictures as another tool tells of them."""

    pictures: tuple[LabelledPicture, ...]
    files: Mapping[str, Path]
    """Where pictures lie, by name; those that were not brought are absent."""
    origin: Path


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import changed."""

    corrected: int
    """Pictures of the data set whose labels were replaced."""
    added: int
    """Pictures that were new to it."""
    passed_over: int
    """Pictures that nobody had labelled there either."""


def bring(source: Path, form: str, names: Mapping[str, str], images: Path | None = None) -> Brought:
    """Read a file of a form, or with `yolo` a folder. `images`: the folder of the pictures, for a file.

    Raises LabelError naming file, place and remedy.
    """
    if form == "yolo":
        data = load(source, dict(names))
        return Brought(data.pictures, {one.name: image_file(source, one) for one in data.pictures}, source)
    pictures = tuple(FORMATS[form].read(source, names))
    files = {file.name: file for file in images.rglob("*") if file.is_file()} if images else {}
    return Brought(pictures, files, source)


def take_in(data: DataSet, brought: Brought, *, at: datetime, licence: str = "", owner: str = "") -> Taken:
    """Replace the labels of the pictures that the data set has, add those it has not. All or nothing.

    Licence and owner are noted of added pictures. Raises LabelError naming every picture that does not fit.
    """
    known = data.by_name()
    labelled = [picture for picture in brought.pictures if picture.boxes is not None]
    fitted: list[LabelledPicture] = []
    problems: list[Problem] = []
    for picture in labelled:
        try:
            fitted.append(_fitted(picture, known.get(picture.name), brought))
        except LabelError as error:
            problems += error.problems
    if problems:
        raise LabelError(problems)
    added = [picture for picture in fitted if picture.name not in known]
    for picture in added:
        _add(data.folder, picture, brought, licence=licence, owner=owner)
    _correct(data.folder, fitted, brought.origin, at)
    return Taken(len(fitted) - len(added), len(added), len(brought.pictures) - len(labelled))


def _fitted(picture: LabelledPicture, ours: LabelledPicture | None, brought: Brought) -> LabelledPicture:
    """The picture with its boxes in pixels of our file, in our split."""
    if ours is None and picture.name not in brought.files:
        raise LabelError.single(
            brought.origin,
            f"picture {picture.name!r} is not in this data set",
            "name the folder that holds it by --images, or another data set by --into",
        )
    width, height = (ours.width_px, ours.height_px) if ours else _size(brought.files[picture.name])
    told = (picture.width_px, picture.height_px)
    boxes = picture.boxes or Boxes.empty()
    if told == (0, 0):
        boxes = replace(boxes, xyxy=boxes.xyxy * np.array([width, height] * 2, np.float64))
    elif told != (width, height):
        raise LabelError.single(
            brought.origin,
            f"picture {picture.name!r} is {told[0]} x {told[1]} there and {width} x {height} here",
            "correct it in the size it has here",
        )
    return LabelledPicture(picture.name, ours.split if ours else Split.NEW, width, height, boxes.cut(width, height))


def _size(file: Path) -> tuple[int, int]:
    height, width = open_image(file).shape[:2]
    return width, height


def _add(folder: Path, picture: LabelledPicture, brought: Brought, *, licence: str, owner: str) -> None:
    target = image_file(folder, picture)
    shutil.copyfile(brought.files[picture.name], target)
    append(folder, Entry(picture=picture.name, sha256=digest_of(target), licence=licence, owner=owner))


def _correct(folder: Path, pictures: Sequence[LabelledPicture], origin: Path, at: datetime) -> None:
    reviews = read_reviews(folder)
    for picture in pictures:
        write_labels(folder, picture)
        reviews[picture.name] = Review(
            picture=picture.name, state=State.CORRECTED, corrected_at=at, corrected_in=origin.name
        )
    write_reviews(folder, reviews.values())
