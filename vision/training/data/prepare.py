"""Prepares a data set for training: adds pseudo-labels, expands rider boxes, repeats pictures with rare classes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from ruamel.yaml import YAML

from vision.common.object_class import CLASSES
from vision.common.progress import Report, quiet
from vision.config.base import Config
from vision.detection import Detector
from vision.training.data.cutouts import CutoutExtractor
from vision.training.data.pseudo_labels import add_pseudo_labels
from vision.training.data.rider_box_expansion import are_two_wheelers, expand, expansions, median_by_scene
from vision.training.data.yolo_dataset import Labels, PictureFile, YoloDataSet, digest, write_labels

REPEAT_BELOW = 0.6
"""Pictures with a class that is in a smaller fraction of the pictures are repeated."""
RIDER_CONFIDENCE = 0.25
"""Minimum confidence of the first teacher's two-wheelers for expanding rider boxes."""
PREPARED_FILE = "prepared.json"
CUTOUTS_FOLDER = "cutouts"


class Prepared(Config):
    """The record of a working copy: links to pictures, completed labels, and a list of the pictures of an epoch."""

    dataset: str = Field(title="Data set", description="Folder name.")
    sha256: str = Field(title="SHA-256", description="Of its pictures and original labels.")
    pictures: int = Field(title="Pictures", description="Number of pictures.")
    shown: int = Field(title="Shown", description="Number of pictures in an epoch, with repetitions.")
    given: dict[str, int] = Field(title="Given", description="Original labels by class.")
    added: dict[str, int] = Field(title="Added", description="Pseudo-labels by class.")
    grown: dict[str, float] = Field(
        {},
        title="Grown",
        description="Median expansion of two-wheeler labels by scene, as a fraction of their height.",
    )
    cut: dict[str, int] = Field({}, title="Cut out", description="Cut-outs of rare classes for copy-paste, by class.")
    teachers: tuple[str, ...] = Field((), title="Teachers", description="The models that made the pseudo-labels.")


def description(folder: Path) -> Path:
    """The `data.yaml` of a working copy, which Ultralytics reads."""
    return folder / "data.yaml"


def already_prepared(folder: Path) -> Prepared | None:
    """The record of the working copy in a folder; None if there is none."""
    file = folder / PREPARED_FILE
    return Prepared.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None


@dataclass(frozen=True, slots=True, eq=False)
class _CompletedPicture:
    """A picture with its original labels, followed by pseudo-labels, and the expansion of each."""

    file: PictureFile
    given: int
    """Number of original labels."""
    labels: Labels
    expansions: NDArray[np.float64]
    """(N,): see `expansions`; 0 for pseudo-labels."""


def prepare(dataset: YoloDataSet, folder: Path, teachers: Sequence[Detector] = (), report: Report = quiet) -> Prepared:
    """Write a working copy of the data set's `train` split to a folder. `val` is only referenced, never trained on."""
    pictures = dataset.pictures("train")
    completed = []
    for i, one in enumerate(pictures):
        report("completing labels" if teachers else "reading labels", i, len(pictures))
        completed.append(_completed(dataset, one, teachers))
    medians = median_by_scene(
        [c.file.scene for c in completed],
        [c.expansions for c in completed],
        [are_two_wheelers(c.labels.class_id) for c in completed],
    )
    expanded = [expand(c.labels, c.expansions, medians[c.file.scene]) for c in completed]
    links = [_place(c.file, labels, folder) for c, labels in zip(completed, expanded, strict=True)]
    times = repeats([frozenset(c.labels.class_id.tolist()) for c in completed])
    _describe(folder, [link for link, n in zip(links, times, strict=True) for _ in range(n)], dataset)
    prepared = Prepared(
        dataset=dataset.name,
        sha256=digest(pictures),
        pictures=len(pictures),
        shown=sum(times),
        given=_counts(c.labels.class_id[: c.given] for c in completed),
        added=_counts(c.labels.class_id[c.given :] for c in completed),
        cut=_extract_cutouts(pictures, expanded, folder, report),
        grown={scene: round(by, 3) for scene, by in medians.items() if by},
        teachers=tuple(f"{t.model.name} at {t.model.input.size}" for t in teachers),
    )
    (folder / PREPARED_FILE).write_text(prepared.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return prepared


def _completed(dataset: YoloDataSet, file: PictureFile, teachers: Sequence[Detector]) -> _CompletedPicture:
    labels = dataset.labels(file)
    if not teachers:
        return _CompletedPicture(file, len(labels), labels, np.zeros(len(labels)))
    image = file.read()
    detections = [teacher.detect([image])[0] for teacher in teachers]
    completed = add_pseudo_labels(image, labels, detections)
    parts = np.zeros(len(completed))
    confident = detections[0][detections[0].confidence >= RIDER_CONFIDENCE]
    parts[: len(labels)] = expansions(labels.in_px(image), labels.class_id, confident)
    return _CompletedPicture(file, len(labels), completed, parts)


def repeats(classes: Sequence[frozenset[int]], seed: int = 0) -> list[int]:
    """How often each picture is in an epoch, from the classes in each picture.

    Repeat-factor sampling (Gupta et al. 2019, arXiv:1908.03195): the maximum over its classes of
    sqrt(REPEAT_BELOW / f), f being the fraction of pictures with that class, at least 1. The fractional part is drawn
    at random from the seed.

    >>> repeats([frozenset({2})] * 9 + [frozenset({2, 3})])
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]
    """
    random = np.random.default_rng(seed)
    pictures_with = Counter(c for one in classes for c in one)
    factors = [max([1.0, *((REPEAT_BELOW * len(classes) / pictures_with[c]) ** 0.5 for c in one)]) for one in classes]
    return [int(f) + int(random.random() < f % 1) for f in factors]


def _extract_cutouts(
    pictures: Sequence[PictureFile], labels: Sequence[Labels], folder: Path, report: Report
) -> dict[str, int]:
    """Extract cut-outs of rare classes from all pictures; returns their number by class."""
    extractor = CutoutExtractor(folder / CUTOUTS_FOLDER)
    for i, (file, boxes) in enumerate(zip(pictures, labels, strict=True)):
        report("extracting cut-outs", i, len(pictures))
        extractor.extract(file.read(), boxes, file.scene)
    return {kind.value: n for kind, n in extractor.counts.items() if n}


def _counts(class_ids: Iterable[NDArray[np.int64]]) -> dict[str, int]:
    """Number of labels by class name, without classes that have none."""
    return dict(Counter(CLASSES[i].value for some in class_ids for i in some))


def _place(file: PictureFile, labels: Labels, folder: Path) -> Path:
    """Link the picture and write its labels; returns the link."""
    link = folder / "images" / "train" / file.picture.name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(file.picture.resolve())
    write_labels(folder / "labels" / "train" / f"{file.picture.stem}.txt", labels)
    return link


def _describe(folder: Path, epoch: Sequence[Path], dataset: YoloDataSet) -> None:
    """Write the list of an epoch's pictures and `data.yaml`."""
    listed = folder / "train.txt"
    listed.write_text("".join(f"{path.absolute()}\n" for path in epoch), encoding="utf-8")
    content = {
        "path": str(folder.resolve()),
        "train": listed.name,
        "val": str(dataset.splits.get("val", listed.resolve())),
        "names": [c.value for c in CLASSES],
    }
    with description(folder).open("w", encoding="utf-8") as out:
        YAML().dump(content, out)
