"""Splits by whole scenes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.labels.labels_kit import labelled, make_data_set, unlabelled
from vision.common.object_class import ObjectClass
from vision.labels.data_set.data_set import load
from vision.labels.data_set.picture import LabelledPicture, Split
from vision.labels.data_set.scenes import scene_of
from vision.labels.data_set.split import apply_split, plan_split
from vision.labels.data_set.validation import validate
from vision.labels.errors import LabelError

CAR = ObjectClass.CAR
HERE = (10.0, 20.0, 60.0, 80.0)


def scenes(*sizes: int) -> list[LabelledPicture]:
    """Pictures of scenes with these numbers of pictures."""
    return [labelled(f"c{scene}-h_{n}.jpg", (CAR, HERE)) for scene, size in enumerate(sizes) for n in range(size)]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=12), st.floats(0.05, 0.5), st.integers(0, 5))
def test_no_scene_is_in_both_splits_and_no_split_is_empty(sizes: list[int], val: float, seed: int) -> None:
    pictures = scenes(*sizes)
    plan = plan_split(pictures, Path("set"), val=val, seed=seed)
    assert plan.splits.keys() == {scene_of(picture.name) for picture in pictures}
    assert plan.pictures[Split.TRAIN] + plan.pictures[Split.VAL] == len(pictures)
    assert min(plan.pictures.values()) > 0
    assert plan_split(list(reversed(pictures)), Path("set"), val=val, seed=seed).splits == plan.splits


def test_validation_gets_its_fraction_if_scenes_allow_it() -> None:
    plan = plan_split(scenes(*[10] * 20), Path("set"), val=0.2)
    assert plan.pictures[Split.VAL] == 40


def test_scenes_keep_an_earlier_split(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, scenes(2, 2, 2))
    before = plan_split(load(folder).pictures, folder, val=0.3)
    assert apply_split(folder, load(folder).pictures, before) == 6
    more = [*load(folder).pictures, *(labelled(f"d{n}-h_0.jpg", (CAR, HERE)) for n in range(20))]
    after = plan_split(more, folder, val=0.5, seed=9)
    assert {scene: after.splits[scene] for scene in before.splits} == before.splits


def test_applying_a_split_moves_pictures_with_their_labels(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [*scenes(2, 1), unlabelled("c0-h_9.jpg")])
    pictures = load(folder).pictures
    ready = [picture for picture in pictures if picture.boxes is not None]
    apply_split(folder, ready, plan_split(ready, folder, val=0.3))
    again = load(folder)
    assert {p.name: (p.split is Split.NEW, p.boxes is None) for p in again.pictures} == {
        "c0-h_0.jpg": (False, False),
        "c0-h_1.jpg": (False, False),
        "c0-h_9.jpg": (True, True),
        "c1-h_0.jpg": (False, False),
    }
    assert validate(again).is_valid


def test_a_single_scene_cannot_be_split() -> None:
    with pytest.raises(LabelError, match="one camera in one hour: harvest and label another camera or another hour"):
        plan_split(scenes(5), Path("set"), val=0.2)
