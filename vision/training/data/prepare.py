"""From a data set to what is trained on: labels completed and grown, pictures with rare classes shown more often."""

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
from vision.training.data.cutouts import Cutter
from vision.training.data.pseudo_labels import complete
from vision.training.data.rider_box_expansion import grow, ridden, room, usual
from vision.training.data.yolo_dataset import DataSet, LabelledPicture, Labels, digest, write_labels

COMMON = 0.6
"""A class in fewer than this part of the pictures is rare."""
SEEN = 0.25
"""From this confidence on the first teacher's two-wheelers say where a rider ends."""
PREPARED = "prepared.json"
CUT_OUTS = "cutouts"


class Prepared(Config):
    """A working copy: links to the pictures, completed labels, a list where a picture stands as often as it counts."""

    dataset: str = Field(title="Data set", description="Its folder's name.")
    sha256: str = Field(title="SHA-256", description="Of its pictures and labels as they were given.")
    pictures: int = Field(title="Pictures", description="How many there are.")
    shown: int = Field(title="Shown", description="How many one epoch shows: some stand twice.")
    given: dict[str, int] = Field(title="Given", description="Labels by class, as people drew them.")
    added: dict[str, int] = Field(title="Added", description="Labels by class that the teachers added.")
    grown: dict[str, float] = Field(
        {},
        title="Grown",
        description="By which part of their height two-wheelers of a scene mostly grew: riders cut off.",
    )
    cut: dict[str, int] = Field({}, title="Cut out", description="Objects of rare classes to be pasted, by class.")
    teachers: tuple[str, ...] = Field((), title="Teachers", description="The models that had to agree.")


def description(folder: Path) -> Path:
    """The working copy's `data.yaml`, which Ultralytics reads."""
    return folder / "data.yaml"


def already_prepared(folder: Path) -> Prepared | None:
    """The working copy that is in a folder, None where there is none."""
    file = folder / PREPARED
    return Prepared.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """One picture's labels as given, with those that were added after them, and how far each is to grow."""

    of: LabelledPicture
    given: int
    labels: Labels
    room: NDArray[np.float64]
    """(N,): see `growing.room`; 0 for what was added."""


def prepare(dataset: DataSet, folder: Path, teachers: Sequence[Detector] = (), report: Report = quiet) -> Prepared:
    """Write the working copy of the data set's `train` into a folder; `val` is only named, and never trained on."""
    pictures = dataset.pictures("train")
    read = []
    for i, one in enumerate(pictures):
        report("completing labels" if teachers else "reading labels", i, len(pictures))
        read.append(_taught(dataset, one, teachers))
    by_scene = usual([r.of.scene for r in read], [r.room for r in read], [ridden(r.labels.class_id) for r in read])
    whole = [grow(r.labels, r.room, by_scene[r.of.scene]) for r in read]
    files = [_place(r.of, labels, folder) for r, labels in zip(read, whole, strict=True)]
    times = repeats([frozenset(r.labels.class_id.tolist()) for r in read])
    _describe(folder, [file for file, n in zip(files, times, strict=True) for _ in range(n)], dataset)
    prepared = Prepared(
        dataset=dataset.name,
        sha256=digest(pictures),
        pictures=len(pictures),
        shown=sum(times),
        given=_counted(r.labels.class_id[: r.given] for r in read),
        added=_counted(r.labels.class_id[r.given :] for r in read),
        cut=_cut([r.of for r in read], whole, folder, report),
        grown={scene: round(by, 3) for scene, by in by_scene.items() if by},
        teachers=tuple(f"{t.model.name} at {t.model.input.size}" for t in teachers),
    )
    (folder / PREPARED).write_text(prepared.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return prepared


def _taught(dataset: DataSet, one: LabelledPicture, teachers: Sequence[Detector]) -> _Read:
    labels = dataset.labels(one)
    if not teachers:
        return _Read(one, len(labels), labels, np.zeros(len(labels)))
    image = one.read()
    seen = [teacher.detect([image])[0] for teacher in teachers]
    whole = complete(image, labels, seen)
    parts = np.zeros(len(whole))
    plain = seen[0][seen[0].confidence >= SEEN]
    parts[: len(labels)] = room(labels.in_px(image), labels.class_id, plain)
    return _Read(one, len(labels), whole, parts)


def repeats(classes: Sequence[frozenset[int]], seed: int = 0) -> list[int]:
    """How often each picture stands in an epoch, from the classes that are in it.

    Repeat-factor sampling (Gupta et al. 2019, arXiv:1908.03195): max over its classes of sqrt(COMMON / f), f the part
    of the pictures with that class, at least 1; the fraction is drawn by the seed.
    """
    random = np.random.default_rng(seed)
    having = Counter(c for one in classes for c in one)
    factors = [max([1.0, *((COMMON * len(classes) / having[c]) ** 0.5 for c in one)]) for one in classes]
    return [int(f) + int(random.random() < f % 1) for f in factors]


def _cut(pictures: Sequence[LabelledPicture], labels: Sequence[Labels], folder: Path, report: Report) -> dict[str, int]:
    """Cut rare classes out of all pictures; how many of each."""
    cutter = Cutter(folder / CUT_OUTS)
    for i, (one, boxes) in enumerate(zip(pictures, labels, strict=True)):
        report("cutting out", i, len(pictures))
        cutter.cut(one.read(), boxes, one.scene)
    return {kind.value: n for kind, n in cutter.counts.items() if n}


def _counted(class_ids: Iterable[NDArray[np.int64]]) -> dict[str, int]:
    """How many of each class, by name; only those that are there."""
    return dict(Counter(CLASSES[i].value for some in class_ids for i in some))


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
