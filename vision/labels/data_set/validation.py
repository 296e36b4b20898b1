"""What is wrong in a data set, and what is in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.common.object_class import CLASSES, ObjectClass
from vision.geometry import iou
from vision.labels.data_set.data_set import DataSet, image_file, label_file, open_image
from vision.labels.data_set.near_duplicates import SAME_LEVELS, difference, thumbnail
from vision.labels.data_set.picture import LabelledPicture, Split
from vision.labels.data_set.provenance import LEDGER_FILE, Entry, read_ledger
from vision.labels.data_set.scenes import scene_of
from vision.labels.errors import Problem

TWICE_IOU = 0.95
"""Two boxes of one class that overlap so much are one road user labelled twice."""


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on a data set."""

    problems: tuple[Problem, ...]
    """What must be mended before training."""
    remarks: tuple[Problem, ...]
    """What may be meant so."""
    boxes: Mapping[Split, Mapping[ObjectClass, int]]
    pictures: Mapping[Split, int]
    empty: Mapping[Split, int]
    """Pictures that are labelled, with nobody on them."""
    scenes: Mapping[Split, int]
    licences: Mapping[str, int]
    """Under which licence how many pictures may be used, with their owner; what a model's card has to name."""

    @property
    def is_good(self) -> bool:
        return not self.problems


def check(data: DataSet) -> Report:
    """Look for bad lines, pictures that come twice, scenes on both sides, boxes given twice, and what is not stated."""
    problems = [*data.problems, *_names_twice(data), *_scenes_on_both_sides(data), *_labels_of_nothing(data)]
    remarks = [*_unlabelled(data), *_boxes_twice(data), *_nearly_same(data), *_not_stated(data)]
    by_split: defaultdict[Split, Counter[ObjectClass]] = defaultdict(Counter)
    scenes: defaultdict[Split, set[str]] = defaultdict(set)
    for picture in data.pictures:
        scenes[picture.split].add(scene_of(picture.name))
        if picture.boxes is not None:
            by_split[picture.split].update(CLASSES[class_id] for class_id in picture.boxes.class_id)
    return Report(
        problems=tuple(problems),
        remarks=tuple(remarks),
        boxes={split: dict(by_split[split]) for split in Split},
        pictures=Counter(picture.split for picture in data.pictures),
        empty=Counter(p.split for p in data.pictures if p.boxes is not None and not len(p.boxes)),
        scenes={split: len(scenes[split]) for split in Split},
        licences=_licences(data),
    )


def _names_twice(data: DataSet) -> Iterable[Problem]:
    first: dict[str, LabelledPicture] = {}
    for picture in data.pictures:
        other = first.setdefault(picture.stem, picture)
        if other is not picture:
            file = image_file(data.folder, picture)
            yield Problem(file, f"its name is that of {image_file(data.folder, other)}", "rename or delete one")


def _scenes_on_both_sides(data: DataSet) -> Iterable[Problem]:
    sides: defaultdict[str, Counter[Split]] = defaultdict(Counter)
    for picture in data.pictures:
        sides[scene_of(picture.name)][picture.split] += 1
    for scene, on in sorted(sides.items()):
        if on[Split.TRAIN] and on[Split.VAL]:
            yield Problem(
                data.folder,
                f"scene {scene!r} is on both sides: {on[Split.TRAIN]} pictures in train, {on[Split.VAL]} in val",
                "deal it anew by `ngatu labels split`, or move them to one side",
            )


def _labels_of_nothing(data: DataSet) -> Iterable[Problem]:
    known = {label_file(data.folder, picture) for picture in data.pictures}
    for file in sorted((data.folder / "labels").glob("*/*.txt")):
        if file not in known:
            yield Problem(file, "there is no picture of that name beside it", "bring the picture, or delete this file")


def _unlabelled(data: DataSet) -> Iterable[Problem]:
    for picture in data.pictures:
        if picture.boxes is None and picture.split is not Split.NEW:
            file = image_file(data.folder, picture)
            yield Problem(
                file, "it has no label file, so it is learned as an empty road", "label it, or write an empty file"
            )


def _boxes_twice(data: DataSet) -> Iterable[Problem]:
    for picture in data.pictures:
        if picture.boxes is None or len(picture.boxes) < 2:
            continue
        boxes = picture.boxes.xyxy.astype(np.float32)
        same = np.triu(iou(boxes, boxes) > TWICE_IOU, k=1)
        same &= picture.boxes.class_id[:, None] == picture.boxes.class_id[None, :]
        for one, other in np.argwhere(same):
            lines = f"its boxes {one + 1} and {other + 1} are one {CLASSES[picture.boxes.class_id[one]]} twice"
            yield Problem(label_file(data.folder, picture), lines, "remove one")


def _nearly_same(data: DataSet) -> Iterable[Problem]:
    """Pictures nearly the same as an earlier one of their scene."""
    scenes: defaultdict[str, list[LabelledPicture]] = defaultdict(list)
    for picture in data.pictures:
        scenes[scene_of(picture.name)].append(picture)
    for own in scenes.values():
        yield from _alike(data.folder, own)


def _alike(folder: Path, pictures: Sequence[LabelledPicture]) -> Iterable[Problem]:
    files = [image_file(folder, picture) for picture in pictures]
    thumbnails = np.stack([thumbnail(open_image(file)) for file in files])
    for number in range(1, len(files)):
        off = difference(thumbnails[number], thumbnails[:number])
        if off.min() < SAME_LEVELS:
            other = files[int(off.argmin())].name
            yield Problem(files[number], f"nearly the same as {other}", "delete one: it teaches nothing new")


def _licences(data: DataSet) -> Mapping[str, int]:
    ledger = read_ledger(data.folder)
    entries = (ledger.get(picture.name) for picture in data.pictures)
    told = (", ".join(filter(None, (one.licence, one.owner))) if one else "" for one in entries)
    return Counter(words or "not stated" for words in told)


def _not_stated(data: DataSet) -> Iterable[Problem]:
    """Where pictures come from, as far as it is not written down."""
    ledger = read_ledger(data.folder)
    file = data.folder / LEDGER_FILE
    for what, missing in (("licence", _without(data, ledger, "licence")), ("owner", _without(data, ledger, "owner"))):
        if missing:
            yield Problem(file, f"the {what} of {missing} pictures is not stated", "a model's card has to name it")


def _without(data: DataSet, ledger: Mapping[str, Entry], what: str) -> int:
    return sum(not getattr(ledger.get(picture.name), what, "") for picture in data.pictures)
