"""Dealing pictures to training and validation by whole scenes: no model is judged on a road and hour it learned."""

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
class Deal:
    """Which scenes go where."""

    splits: Mapping[str, Split]
    """By scene."""
    pictures: Mapping[Split, int]
    """How many pictures each side then has."""


def deal(pictures: Sequence[LabelledPicture], folder: Path, *, val: float, seed: int = 0) -> Deal:
    """Deal the scenes of these labelled pictures so that about the share `val` of them is for validation.

    Scenes dealt before stay where they are, so that a model trained earlier was never shown what judges a later one.
    Which new scenes are for validation depends on their names and the seed alone. Raises LabelError where there is only
    one scene, for then nothing could be judged.
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
    splits = {scene: split for scene, own in scenes.items() if (split := _before(own)) is not None}
    wanted = val * len(pictures)
    for scene in sorted(scenes.keys() - splits.keys(), key=lambda name: _draw(name, seed)):
        splits[scene] = Split.VAL if _closer(_count(scenes, splits), len(scenes[scene]), wanted) else Split.TRAIN
    _both_sides(scenes, splits, seed)
    return Deal(splits, {side: _count(scenes, splits, side) for side in (Split.TRAIN, Split.VAL)})


def apply(folder: Path, pictures: Iterable[LabelledPicture], dealt: Deal) -> int:
    """Move these pictures, with their labels, to the side of their scene; returns how many were moved."""
    moved = 0
    for picture in pictures:
        split = dealt.splits[scene_of(picture.name)]
        if split is not picture.split:
            move(folder, picture, split)
            moved += 1
    return moved


def _before(own: Iterable[LabelledPicture]) -> Split | None:
    """The side on which a scene has pictures; validation where it has on both, for then training has to give way."""
    there = {picture.split for picture in own}
    return Split.VAL if Split.VAL in there else Split.TRAIN if Split.TRAIN in there else None


def _draw(scene: str, seed: int) -> bytes:
    """Where a scene comes in the drawing of lots: the same everywhere and always."""
    return hashlib.sha256(f"{seed}:{scene}".encode()).digest()


def _closer(there: int, more: int, wanted: float) -> bool:
    """Whether validation comes closer to its share with these pictures than without."""
    return abs(there + more - wanted) < abs(there - wanted)


def _count(
    scenes: Mapping[str, Sequence[LabelledPicture]], splits: Mapping[str, Split], side: Split = Split.VAL
) -> int:
    return sum(len(scenes[scene]) for scene, split in splits.items() if split is side)


def _both_sides(scenes: Mapping[str, Sequence[LabelledPicture]], splits: dict[str, Split], seed: int) -> None:
    """See to it that neither side is empty, by moving the smallest scene that was not dealt before."""
    for lacking in (Split.VAL, Split.TRAIN):
        if lacking not in splits.values():
            free = [scene for scene in splits if _before(scenes[scene]) is None] or list(splits)
            smallest = min(free, key=lambda scene: (len(scenes[scene]), _draw(scene, seed)))
            splits[smallest] = lacking
