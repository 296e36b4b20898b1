"""Finds mistakes in a data set and counts what is in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.common.object_class import CLASSES, ObjectClass
from vision.geometry import iou
from vision.labels.data_set.data_set import DataSet, image_file, label_file, open_image
from vision.labels.data_set.near_duplicates import MAX_DIFFERENCE, difference, thumbnail
from vision.labels.data_set.picture import LabelledPicture, Split
from vision.labels.data_set.provenance import PROVENANCE_FILE, Entry, read_provenance
from vision.labels.data_set.scenes import scene_of
from vision.labels.errors import Problem

DUPLICATE_IOU = 0.95
"""Two boxes of one class with a higher IoU are one road user labelled twice."""


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """Mistakes and counts of a data set."""

    problems: tuple[Problem, ...]
    """Mistakes to fix before training."""
    remarks: tuple[Problem, ...]
    """Findings that may be intended."""
    boxes: Mapping[Split, Mapping[ObjectClass, int]]
    pictures: Mapping[Split, int]
    empty: Mapping[Split, int]
    """Pictures that are labelled and show no road user."""
    scenes: Mapping[Split, int]
    licences: Mapping[str, int]
    """Number of pictures by licence and owner, which a model card has to name."""

    @property
    def is_valid(self) -> bool:
        return not self.problems


def validate(data: DataSet) -> ValidationReport:
    """Check label lines, names, scenes in both splits, duplicate pictures and boxes, and missing provenance."""
    problems = [*data.problems, *_repeated_names(data), *_scenes_in_both_splits(data), *_labels_without_picture(data)]
    remarks = [*_unlabelled(data), *_duplicate_boxes(data), *_near_duplicates(data), *_missing_provenance(data)]
    by_split: defaultdict[Split, Counter[ObjectClass]] = defaultdict(Counter)
    scenes: defaultdict[Split, set[str]] = defaultdict(set)
    for picture in data.pictures:
        scenes[picture.split].add(scene_of(picture.name))
        if picture.boxes is not None:
            by_split[picture.split].update(CLASSES[class_id] for class_id in picture.boxes.class_id)
    return ValidationReport(
        problems=tuple(problems),
        remarks=tuple(remarks),
        boxes={split: dict(by_split[split]) for split in Split},
        pictures=Counter(picture.split for picture in data.pictures),
        empty=Counter(p.split for p in data.pictures if p.boxes is not None and not len(p.boxes)),
        scenes={split: len(scenes[split]) for split in Split},
        licences=_licences(data),
    )


def _repeated_names(data: DataSet) -> Iterable[Problem]:
    first: dict[str, LabelledPicture] = {}
    for picture in data.pictures:
        other = first.setdefault(picture.stem, picture)
        if other is not picture:
            file = image_file(data.folder, picture)
            yield Problem(file, f"it has the same name as {image_file(data.folder, other)}", "rename or delete one")


def _scenes_in_both_splits(data: DataSet) -> Iterable[Problem]:
    counts: defaultdict[str, Counter[Split]] = defaultdict(Counter)
    for picture in data.pictures:
        counts[scene_of(picture.name)][picture.split] += 1
    for scene, count in sorted(counts.items()):
        if count[Split.TRAIN] and count[Split.VAL]:
            yield Problem(
                data.folder,
                f"scene {scene!r} is in both splits: {count[Split.TRAIN]} pictures in train, {count[Split.VAL]} in val",
                "split again by `ngatu labels split`, or move them to one split",
            )


def _labels_without_picture(data: DataSet) -> Iterable[Problem]:
    expected = {label_file(data.folder, picture) for picture in data.pictures}
    for file in sorted((data.folder / "labels").glob("*/*.txt")):
        if file not in expected:
            yield Problem(file, "there is no picture of that name", "add the picture, or delete this file")


def _unlabelled(data: DataSet) -> Iterable[Problem]:
    for picture in data.pictures:
        if picture.boxes is None and picture.split is not Split.NEW:
            file = image_file(data.folder, picture)
            yield Problem(
                file, "it has no label file, so it is learned as an empty road", "label it, or write an empty file"
            )


def _duplicate_boxes(data: DataSet) -> Iterable[Problem]:
    for picture in data.pictures:
        if picture.boxes is None or len(picture.boxes) < 2:
            continue
        boxes = picture.boxes.xyxy.astype(np.float32)
        same = np.triu(iou(boxes, boxes) > DUPLICATE_IOU, k=1)
        same &= picture.boxes.class_id[:, None] == picture.boxes.class_id[None, :]
        for one, other in np.argwhere(same):
            message = f"its boxes {one + 1} and {other + 1} are one {CLASSES[picture.boxes.class_id[one]]} twice"
            yield Problem(label_file(data.folder, picture), message, "remove one")


def _near_duplicates(data: DataSet) -> Iterable[Problem]:
    scenes: defaultdict[str, list[LabelledPicture]] = defaultdict(list)
    for picture in data.pictures:
        scenes[scene_of(picture.name)].append(picture)
    for pictures in scenes.values():
        yield from _near_duplicates_within(data.folder, pictures)


def _near_duplicates_within(folder: Path, pictures: Sequence[LabelledPicture]) -> Iterable[Problem]:
    """Pictures that are nearly the same as an earlier one of their scene."""
    files = [image_file(folder, picture) for picture in pictures]
    thumbnails = np.stack([thumbnail(open_image(file)) for file in files])
    for number in range(1, len(files)):
        differences = difference(thumbnails[number], thumbnails[:number])
        if differences.min() < MAX_DIFFERENCE:
            other = files[int(differences.argmin())].name
            yield Problem(files[number], f"nearly the same as {other}", "delete one: it adds nothing to learn")


def _licences(data: DataSet) -> Mapping[str, int]:
    provenance = read_provenance(data.folder)
    entries = (provenance.get(picture.name) for picture in data.pictures)
    stated = (", ".join(filter(None, (entry.licence, entry.owner))) if entry else "" for entry in entries)
    return Counter(text or "not stated" for text in stated)


def _missing_provenance(data: DataSet) -> Iterable[Problem]:
    provenance = read_provenance(data.folder)
    file = data.folder / PROVENANCE_FILE
    for field in ("licence", "owner"):
        if missing := _count_without(data, provenance, field):
            yield Problem(file, f"the {field} of {missing} pictures is not stated", "a model card has to name it")


def _count_without(data: DataSet, provenance: Mapping[str, Entry], field: str) -> int:
    return sum(not getattr(provenance.get(picture.name), field, "") for picture in data.pictures)
