"""Pictures and their labels on the way to people, or to another machine."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from vision.labels.data_set.data_set import DataSet, create, image_file, write_labels
from vision.labels.data_set.picture import LabelledPicture
from vision.labels.data_set.provenance import append, read_ledger
from vision.labels.formats import FORMATS
from vision.labels.review.reviews import read_reviews


def export(data: DataSet, pictures: Sequence[LabelledPicture], form: str, target: Path, *, images: bool) -> None:
    """Write these pictures' labels as `form`; with `images` the pictures beside them, in a folder `images`.

    `yolo` makes a data set of its own, pictures and ledger included.
    """
    if form == "yolo":
        _another_data_set(data, pictures, target)
        return
    FORMATS[form].write(pictures, target)
    if images:
        folder = target.parent / "images"
        folder.mkdir(exist_ok=True)
        for picture in pictures:
            shutil.copyfile(image_file(data.folder, picture), folder / picture.name)


def _another_data_set(data: DataSet, pictures: Sequence[LabelledPicture], target: Path) -> None:
    ledger = read_ledger(data.folder)
    create(target)
    for picture in pictures:
        shutil.copyfile(image_file(data.folder, picture), image_file(target, picture))
        write_labels(target, picture)
        if picture.name in ledger:
            append(target, ledger[picture.name])


def chosen_for_people(data: DataSet, most: int | None) -> list[LabelledPicture]:
    """The pictures that have proposed labels and questions, the most useful look first, `most` of them."""
    known = data.by_name()
    asked = [review for review in read_reviews(data.folder).values() if review.usefulness > 0]
    return [known[review.picture] for review in asked if review.picture in known][:most]
