"""Splits pictures into training and validation by whole scenes, so that no model is judged on a scene it learned."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.labels.data_set.data_set import move
from vision.labels.data_set.picture import LabelledPicture, Split
from vision.labels.data_set.scenes import scene_of
from vision.labels.errors import LabelError


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The split of each scene."""

    splits: Mapping[str, Split]
    """By scene."""
    pictures: Mapping[Split, int]
    """Number of pictures in each split."""


def plan_split(pictures: Sequence[LabelledPicture], folder: Path, *, val: float, seed: int = 0) -> SplitPlan:
    """Assign the scenes of these labelled pictures so that about the fraction `val` of them is for validation.

    Scenes that have a split keep it, so that no model was trained on pictures that evaluate a later one. The split of
    new scenes depends only on their names and the seed. Raises LabelError if there is only one scene.
    """
    scenes: defaultdict[str, list[LabelledPicture]] = defaultdict(list)
    for picture in pictures:
        scenes[scene_of(picture.name)].append(picture)
    if len(scenes) < 2:
        raise LabelError.single(
            folder,
            f"all {len(pictures)} labelled pictures are of one scene, one camera in one hour",
            "harvest and label another camera or another hour, so that there is something to judge by",
        )
    splits = {scene: split for scene, own in scenes.items() if (split := _current_split(own)) is not None}
    target = val * len(pictures)
    for scene in sorted(scenes.keys() - splits.keys(), key=lambda name: _random_key(name, seed)):
        splits[scene] = Split.VAL if _is_closer(_count(scenes, splits), len(scenes[scene]), target) else Split.TRAIN
    _fill_empty_split(scenes, splits, seed)
    return SplitPlan(splits, {split: _count(scenes, splits, split) for split in (Split.TRAIN, Split.VAL)})


def apply_split(folder: Path, pictures: Iterable[LabelledPicture], plan: SplitPlan) -> int:
    """Move these pictures and their labels to the split of their scene; returns the number of moved pictures."""
    moved = 0
    for picture in pictures:
        split = plan.splits[scene_of(picture.name)]
        if split is not picture.split:
            move(folder, picture, split)
            moved += 1
    return moved


def _current_split(pictures: Iterable[LabelledPicture]) -> Split | None:
    """The split of a scene's pictures; validation if they are in both, because training must not use it."""
    present = {picture.split for picture in pictures}
    return Split.VAL if Split.VAL in present else Split.TRAIN if Split.TRAIN in present else None


def _random_key(scene: str, seed: int) -> bytes:
    """A pseudo-random sort key that is the same on every machine."""
    return hashlib.sha256(f"{seed}:{scene}".encode()).digest()


def _is_closer(current: int, more: int, target: float) -> bool:
    """Whether adding these pictures brings validation closer to its target."""
    return abs(current + more - target) < abs(current - target)


def _count(
    scenes: Mapping[str, Sequence[LabelledPicture]], splits: Mapping[str, Split], split: Split = Split.VAL
) -> int:
    return sum(len(scenes[scene]) for scene, assigned in splits.items() if assigned is split)


def _fill_empty_split(scenes: Mapping[str, Sequence[LabelledPicture]], splits: dict[str, Split], seed: int) -> None:
    """If a split is empty, give it the smallest scene, preferably one without an earlier split."""
    for empty in (Split.VAL, Split.TRAIN):
        if empty not in splits.values():
            free = [scene for scene in splits if _current_split(scenes[scene]) is None] or list(splits)
            smallest = min(free, key=lambda scene: (len(scenes[scene]), _random_key(scene, seed)))
            splits[smallest] = empty
