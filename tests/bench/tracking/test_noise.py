"""Measured noise equals the noise that was added; reading labelled tracks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vision.bench.tracking.box_matching import match
from vision.bench.tracking.detection_noise import identity, jitters, misses
from vision.bench.tracking.matched_boxes import MatchedBoxes
from vision.bench.tracking.merged_detections import own_or_merged
from vision.bench.tracking.mot_dataset import LabelledBoxes, read_labelled_clips
from vision.common.object_class import ObjectClass
from vision.core import NgatuError

FPS = 12.0
CAR, BUS = ObjectClass.CAR.class_id, ObjectClass.BUS.class_id
NEVER = np.iinfo(np.int64).max


def observations(
    seconds: float = 60,
    *,
    jitter: float = 0.0,
    correlation: float = 0.0,
    step_px: float = 0.0,
    missed: Sequence[int] = (),
    switched_at: int = NEVER,
    flipped: Sequence[int] = (),
    size_px: float = 40,
) -> MatchedBoxes:
    """A car with this centre jitter, as a fraction of its size; `missed` and `flipped` are indices of observations."""
    n = round(seconds * FPS)
    rng = np.random.default_rng(1)
    noise = np.zeros((n, 2))
    for i in range(n):
        before = noise[i - 1] if i else np.zeros(2)
        noise[i] = correlation * before + np.sqrt(1 - correlation**2) * rng.normal(0, jitter, 2)
    centre = 300 + step_px * np.arange(n)[:, None] * np.array([1.0, 0.5])
    true = np.concatenate([centre - size_px / 2, centre + size_px / 2], axis=1)
    seen = true + np.tile(noise * size_px, 2)
    seen_class = np.full(n, CAR)
    seen_class[list(flipped)] = BUS
    seen_class[list(missed)] = -1
    seen[list(missed)] = np.nan
    track_id = np.where(np.arange(n) < switched_at, 1, 2)
    track_id[list(missed)] = -1
    return MatchedBoxes(
        vehicle=np.zeros(n, np.int64),
        at_s=np.arange(n) / FPS,
        is_truncated=np.zeros(n, bool),
        class_id=np.full(n, CAR),
        true_xyxy=true,
        size_share=np.full(n, size_px / 640),
        seen_xyxy=seen,
        seen_class=seen_class,
        track_id=track_id,
    )


@pytest.mark.parametrize("jitter", [0.01, 0.05])
def test_jitter_is_measured_relative_to_the_size(jitter: float) -> None:
    measured = jitters(observations(jitter=jitter))["standing"]["x"]
    assert measured.rms == pytest.approx(jitter, rel=0.1)
    assert measured.median == pytest.approx(jitter, rel=0.2)
    assert measured.correlation == pytest.approx(0, abs=0.1)


def test_lasting_jitter_is_measured_as_correlated() -> None:
    # The fitted straight line removes part of slow jitter.
    assert 0.3 < jitters(observations(jitter=0.03, correlation=0.6))["standing"]["x"].correlation < 0.7


def test_moving_and_stationary_vehicles_are_measured_separately() -> None:
    assert set(jitters(observations(jitter=0.02, step_px=2))) == {"moving"}


def test_truncated_boxes_are_left_out_of_jitter() -> None:
    whole = observations(jitter=0.02)
    truncated = MatchedBoxes(
        **{name: getattr(whole, name) for name in MatchedBoxes.__slots__} | {"is_truncated": np.ones(len(whole), bool)}
    )
    assert jitters(truncated) == {}


def test_misses_are_counted_by_size_and_duration() -> None:
    found = misses(observations(10, missed=[20, 21, 22, 60], size_px=40))
    assert found.rate == pytest.approx(4 / 120)
    assert found.by_size == {"0.05-0.07": (120, pytest.approx(4 / 120))}
    assert found.bursts == 2
    assert found.burst_mean_s == pytest.approx((3 + 1) / 2 / FPS)
    assert found.never_seen == 0


def test_a_vehicle_that_is_never_detected_has_no_burst() -> None:
    found = misses(observations(1, missed=range(12)))
    assert (found.rate, found.never_seen, found.bursts) == (1.0, 1, 0)


def test_id_switches_and_class_flips_are_counted() -> None:
    found = identity(observations(60, switched_at=300, flipped=[5, 6, 7]))
    assert found.id_switches_per_minute == pytest.approx(1, rel=0.01)
    assert found.class_flip_rate == pytest.approx(3 / 720)
    assert found.class_changes_per_minute == pytest.approx(2, rel=0.01)


def test_boxes_match_by_best_overlap_and_once() -> None:
    true = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [50, 50, 60, 60]], np.float32)
    seen = np.array([[4, 0, 14, 10], [1, 0, 11, 10]], np.float32)
    assert match(true, seen).tolist() == [1, 0, -1]


def test_a_motorcycle_inside_another_ones_box_is_merged() -> None:
    true = np.array([[0, 0, 20, 40], [12, 0, 30, 40], [100, 0, 120, 40]], np.float32)
    seen = np.array([[0, 0, 30, 40]], np.float32)
    own, merged = own_or_merged(true, seen)
    assert own.tolist() == [True, False, False]
    assert merged.tolist() == [False, True, False]


def test_labels_are_read_with_frames_from_0_and_without_invisible_vehicles(tmp_path: Path) -> None:
    file = tmp_path / "clip.mot.txt"
    file.write_text("1,7,10,20,30,40,1,5,1,0,0\n2,7,11,20,30,40,1,5,0,0,0\n3,8,0,0,5,5,1,6,1,0,0\n")
    boxes = LabelledBoxes.read(file)
    assert boxes.frame.tolist() == [0]
    assert boxes.class_id.tolist() == [ObjectClass.MOTORCYCLE.class_id]
    assert boxes.xyxy.tolist() == [[10, 20, 40, 60]]


def test_a_file_that_is_no_table_of_boxes_is_named(tmp_path: Path) -> None:
    file = tmp_path / "clip.mot.txt"
    file.write_text("frame,id\n")
    with pytest.raises(NgatuError, match=r"clip\.mot\.txt: not a table of labelled boxes"):
        LabelledBoxes.read(file)


def test_a_manifest_without_labelled_tracks_is_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"clips": [{"file": "a.mp4"}]}')
    with pytest.raises(NgatuError, match=r"none of its clips has truth\.tracks\.mot"):
        read_labelled_clips(manifest)
