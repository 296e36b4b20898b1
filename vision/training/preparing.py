"""From a data set to what is trained on: labels completed, pictures with rare classes shown more often."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from ruamel.yaml import YAML

from vision.classes import CLASSES
from vision.config.base import Config
from vision.detection import Detector
from vision.progress import Report, quiet
from vision.training.completing import complete
from vision.training.dataset import DataSet, LabelledPicture, Labels, digest, write_labels

COMMON = 0.6
"""A class in fewer than this part of the pictures is rare."""
PREPARED = "prepared.json"


class Prepared(Config):
    """A working copy: links to the pictures, completed labels, a list where a picture stands as often as it counts."""

    dataset: str = Field(title="Data set", description="Its folder's name.")
    sha256: str = Field(title="SHA-256", description="Of its pictures and labels as they were given.")
    pictures: int = Field(title="Pictures", description="How many there are.")
    shown: int = Field(title="Shown", description="How many one epoch shows: some stand twice.")
    given: dict[str, int] = Field(title="Given", description="Labels by class, as people drew them.")
    added: dict[str, int] = Field(title="Added", description="Labels by class that the teachers added.")
    teachers: tuple[str, ...] = Field((), title="Teachers", description="The models that had to agree.")


def description(folder: Path) -> Path:
    """The working copy's `data.yaml`, which Ultralytics reads."""
    return folder / "data.yaml"


def already_prepared(folder: Path) -> Prepared | None:
    """The working copy that is in a folder, None where there is none."""
    file = folder / PREPARED
    return Prepared.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None


def prepare(dataset: DataSet, folder: Path, teachers: Sequence[Detector] = (), report: Report = quiet) -> Prepared:
    """Write the working copy of the data set's `train` into a folder; `val` is only named, and never trained on."""
    pictures = dataset.pictures("train")
    given, added = Counter[str](), Counter[str]()
    files, classes = [], []
    for i, one in enumerate(pictures):
        report("completing labels" if teachers else "reading labels", i, len(pictures))
        labels = dataset.labels(one)
        whole = complete(one.read(), labels, teachers) if teachers else labels
        given.update(_named(labels.class_id))
        added.update(_named(whole.class_id[len(labels) :]))
        files.append(_place(one, whole, folder))
        classes.append(frozenset(whole.class_id.tolist()))
    shown = [file for file, times in zip(files, repeats(classes), strict=True) for _ in range(times)]
    _describe(folder, shown, dataset)
    prepared = Prepared(
        dataset=dataset.name,
        sha256=digest(pictures),
        pictures=len(pictures),
        shown=len(shown),
        given=dict(given),
        added=dict(added),
        teachers=tuple(f"{t.model.name} at {t.model.input.size}" for t in teachers),
    )
    (folder / PREPARED).write_text(prepared.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return prepared


def repeats(classes: Sequence[frozenset[int]], seed: int = 0) -> list[int]:
    """How often each picture stands in an epoch, from the classes that are in it.

    Repeat-factor sampling (Gupta et al. 2019, arXiv:1908.03195): max over its classes of sqrt(COMMON / f), f the part
    of the pictures with that class, at least 1; the fraction is drawn by the seed.
    """
    random = np.random.default_rng(seed)
    having = Counter(c for one in classes for c in one)
    factors = [max([1.0, *((COMMON * len(classes) / having[c]) ** 0.5 for c in one)]) for one in classes]
    return [int(f) + int(random.random() < f % 1) for f in factors]


def _named(class_ids: NDArray[np.int64]) -> list[str]:
    return [CLASSES[i].value for i in class_ids]


def _place(one: LabelledPicture, labels: Labels, folder: Path) -> Path:
    """Link the picture and write its labels; returns the link."""
    link = folder / "images" / "train" / one.picture.name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(one.picture.resolve())
    write_labels(folder / "labels" / "train" / f"{one.picture.stem}.txt", labels)
    return link


def _describe(folder: Path, shown: Sequence[Path], dataset: DataSet) -> None:
    listed = folder / "train.txt"
    listed.write_text("".join(f"{path.absolute()}\n" for path in shown), encoding="utf-8")
    said = {
        "path": str(folder.resolve()),
        "train": listed.name,
        "val": str(dataset.splits.get("val", listed.resolve())),
        "names": [c.value for c in CLASSES],
    }
    with description(folder).open("w", encoding="utf-8") as out:
        YAML().dump(said, out)
