"""Exports pictures and labels to annotation tools, or as another data set."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from vision.labels.data_set.data_set import DataSet, create, image_file, write_labels
from vision.labels.data_set.picture import LabelledPicture
from vision.labels.data_set.provenance import append, read_provenance
from vision.labels.formats import FORMATS
from vision.labels.review.reviews import read_reviews


def export_labels(data: DataSet, pictures: Sequence[LabelledPicture], form: str, target: Path, *, images: bool) -> None:
    """Write the labels of these pictures in a form of `FORMATS`; `images` copies the pictures to `images/` next to it.

    With `yolo` the target is a data set folder, with pictures and provenance.
    """
    if form == "yolo":
        _copy_to_data_set(data, pictures, target)
        return
    FORMATS[form].write(pictures, target)
    if images:
        folder = target.parent / "images"
        folder.mkdir(exist_ok=True)
        for picture in pictures:
            shutil.copyfile(image_file(data.folder, picture), folder / picture.name)


def _copy_to_data_set(data: DataSet, pictures: Sequence[LabelledPicture], target: Path) -> None:
    provenance = read_provenance(data.folder)
    create(target)
    for picture in pictures:
        shutil.copyfile(image_file(data.folder, picture), image_file(target, picture))
        write_labels(target, picture)
        if picture.name in provenance:
            append(target, provenance[picture.name])


def pictures_to_review(data: DataSet, limit: int | None) -> list[LabelledPicture]:
    """Pictures with open questions, most informative first, at most `limit` of them."""
    by_name = data.by_name()
    open_reviews = [review for review in read_reviews(data.folder).values() if review.information_bits > 0]
    return [by_name[review.picture] for review in open_reviews if review.picture in by_name][:limit]
