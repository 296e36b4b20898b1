"""From a data set to what is trained on: labels completed, pictures with rare classes shown more often."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from vision.classes import CLASSES
from vision.detection import Detector
from vision.progress import Report, quiet
from vision.training.completing import complete
from vision.training.dataset import DataSet, LabelledPicture, Labels, digest, write_labels

COMMON = 0.6
"""A class in fewer than this part of the pictures is rare."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A working copy: links to the pictures, completed labels, a list where a picture stands as often as it is shown."""

    file: Path
    """Its `data.yaml`."""
    pictures: int
    shown: int
    """How many pictures one epoch shows."""
    given: Mapping[str, int]
    """Labels by class as people drew them."""
    added: Mapping[str, int]
    """Labels by class that the teachers added."""
    digest: str
    """SHA-256 of the pictures and labels as they were given."""


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
    file = _describe(folder, shown, dataset)
    return Prepared(file, len(pictures), len(shown), dict(given), dict(added), digest(pictures))


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


def _describe(folder: Path, shown: Sequence[Path], dataset: DataSet) -> Path:
    listed, file = folder / "train.txt", folder / "data.yaml"
    listed.write_text("".join(f"{path.absolute()}\n" for path in shown), encoding="utf-8")
    said = {
        "path": str(folder.resolve()),
        "train": listed.name,
        "val": str(dataset.splits.get("val", listed.resolve())),
        "names": [c.value for c in CLASSES],
    }
    with file.open("w", encoding="utf-8") as out:
        YAML().dump(said, out)
    return file
