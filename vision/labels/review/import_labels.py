"""Imports corrected labels, and pictures with labels of other data sets, into a data set."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from vision.common.digest import sha256_of
from vision.labels.data_set.data_set import DataSet, image_file, load, open_image, write_labels
from vision.labels.data_set.picture import Boxes, LabelledPicture, Split
from vision.labels.data_set.provenance import Entry, append
from vision.labels.errors import LabelError, Problem
from vision.labels.formats import FORMATS
from vision.labels.review.reviews import Review, ReviewState, read_reviews, write_reviews


@dataclass(frozen=True, slots=True)
class ImportSource:
    """Labelled pictures as read from a file or folder."""

    pictures: tuple[LabelledPicture, ...]
    files: Mapping[str, Path]
    """Picture files by name; absent for pictures that came without a file."""
    origin: Path


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Numbers of pictures that an import changed."""

    corrected: int
    """Pictures of the data set with replaced labels."""
    added: int
    """New pictures."""
    skipped: int
    """Pictures without labels in the source."""


def read_source(source: Path, form: str, names: Mapping[str, str], images: Path | None = None) -> ImportSource:
    """Read a file of a form, or with `yolo` a folder. `images` is the folder of a file's pictures.

    Raises LabelError with file, location and remedy.
    """
    if form == "yolo":
        data = load(source, dict(names))
        return ImportSource(
            data.pictures, {picture.name: image_file(source, picture) for picture in data.pictures}, source
        )
    pictures = tuple(FORMATS[form].read(source, names))
    files = {file.name: file for file in images.rglob("*") if file.is_file()} if images else {}
    return ImportSource(pictures, files, source)


def import_labels(
    data: DataSet, source: ImportSource, *, at: datetime, licence: str = "", owner: str = ""
) -> ImportResult:
    """Replace the labels of pictures in the data set and add new pictures; changes nothing if any does not fit.

    `licence` and `owner` are recorded for added pictures. Raises LabelError with every picture that does not fit.
    """
    existing = data.by_name()
    labelled = [picture for picture in source.pictures if picture.boxes is not None]
    fitted: list[LabelledPicture] = []
    problems: list[Problem] = []
    for picture in labelled:
        try:
            fitted.append(_fitted(picture, existing.get(picture.name), source))
        except LabelError as error:
            problems += error.problems
    if problems:
        raise LabelError(problems)
    added = [picture for picture in fitted if picture.name not in existing]
    for picture in added:
        _add(data.folder, picture, source, licence=licence, owner=owner)
    _correct(data.folder, fitted, source.origin, at)
    return ImportResult(len(fitted) - len(added), len(added), len(source.pictures) - len(labelled))


def _fitted(picture: LabelledPicture, existing: LabelledPicture | None, source: ImportSource) -> LabelledPicture:
    """The picture with boxes in pixels of the file in the data set, clipped, in its present split."""
    if existing is None and picture.name not in source.files:
        raise LabelError.single(
            source.origin,
            f"picture {picture.name!r} is not in this data set",
            "name the folder that has it by --images, or another data set by --into",
        )
    width, height = (existing.width_px, existing.height_px) if existing else _size(source.files[picture.name])
    stated = (picture.width_px, picture.height_px)
    boxes = picture.boxes or Boxes.empty()
    if stated == (0, 0):
        boxes = replace(boxes, xyxy=boxes.xyxy * np.array([width, height] * 2, np.float64))
    elif stated != (width, height):
        raise LabelError.single(
            source.origin,
            f"picture {picture.name!r} is {stated[0]} x {stated[1]} there and {width} x {height} here",
            "correct it in the size it has here",
        )
    split = existing.split if existing else Split.NEW
    return LabelledPicture(picture.name, split, width, height, boxes.clip(width, height))


def _size(file: Path) -> tuple[int, int]:
    height, width = open_image(file).shape[:2]
    return width, height


def _add(folder: Path, picture: LabelledPicture, source: ImportSource, *, licence: str, owner: str) -> None:
    target = image_file(folder, picture)
    shutil.copyfile(source.files[picture.name], target)
    append(folder, Entry(picture=picture.name, sha256=sha256_of(target), licence=licence, owner=owner))


def _correct(folder: Path, pictures: Sequence[LabelledPicture], origin: Path, at: datetime) -> None:
    reviews = read_reviews(folder)
    for picture in pictures:
        write_labels(folder, picture)
        reviews[picture.name] = Review(
            picture=picture.name, state=ReviewState.CORRECTED, corrected_at=at, corrected_in=origin.name
        )
    write_reviews(folder, reviews.values())
