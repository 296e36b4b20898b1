"""What zones are measured with: coverage, fill, free flow, rows, length."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import FREE_MPS, SIZE, camera, ground_of, road
from vision.analytics.kinematics.state import Floats
from vision.analytics.track_table import FIRST_ROWS, TrackRows
from vision.analytics.zones.area_occupancy import AreaOccupancy, area_scale
from vision.analytics.zones.free_flow import FreeFlow
from vision.analytics.zones.zone import zone_length_m
from vision.geometry import apply_homography

SQUARE = np.array([[100.0, 100.0], [300.0, 100.0], [300.0, 300.0], [100.0, 300.0]])


def box(*xyxy: float) -> Floats:
    return np.array([xyxy], np.float64)


def share(polygon: Floats, boxes: Floats) -> float:
    return float(AreaOccupancy([polygon]).by_boxes(boxes)[0])


def test_coverage_is_that_of_the_lower_parts_of_boxes() -> None:
    assert share(SQUARE, box(100, -100, 300, 300)) == pytest.approx(1.0)
    assert share(SQUARE, box(100, 100, 300, 300)) == pytest.approx(0.5)
    assert share(SQUARE, box(150, 100, 250, 200)) == pytest.approx(0.125)


def test_what_two_boxes_cover_together_counts_once() -> None:
    both = np.concatenate([box(100, 100, 300, 300), box(100, 100, 200, 300)])
    assert share(SQUARE, both) == pytest.approx(0.5)


def test_what_lies_outside_the_zone_covers_nothing() -> None:
    assert share(SQUARE, np.concatenate([box(400, 100, 500, 300), box(0, 0, 90, 90)])) == 0
    assert share(SQUARE, np.empty((0, 4))) == 0
    triangle = np.array([[100.0, 100.0], [300.0, 300.0], [100.0, 300.0]])
    assert share(triangle, box(210, 100, 300, 200)) == 0


@given(st.floats(0.3, 5), st.floats(-500, 500), st.floats(-500, 500))
def test_coverage_does_not_change_with_place_and_size(scale: float, dx: float, dy: float) -> None:
    boxes = np.array([[110.0, 120, 180, 260], [200, 200, 260, 290]])
    moved_zone = SQUARE * scale + [dx, dy]
    moved_boxes = (boxes.reshape(-1, 2) * scale + [dx, dy]).reshape(-1, 4)
    assert share(moved_zone, moved_boxes) == pytest.approx(share(SQUARE, boxes), abs=0.03)


def test_the_scale_of_areas_is_that_of_a_small_square_on_the_road() -> None:
    tilted = np.array([[0.03, 0.0, -19.0], [0.0, -0.012, 21.0], [0.0, 0.002, -0.2]])
    point_px = np.array([[700.0, 450.0]])
    small_px = point_px + np.array([[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]])
    x, y = apply_homography(tilted, small_px).T
    area_m2 = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert area_scale(tilted, point_px)[0] == pytest.approx(0.01 / area_m2, rel=1e-3)
    assert area_scale(tilted, np.array([[700.0, 50.0]]))[0] == 0


def test_free_flow_is_what_was_supposed_until_vehicles_were_seen() -> None:
    assert FreeFlow().speed_mps("z", FREE_MPS) == FREE_MPS


def test_free_flow_becomes_what_unhindered_vehicles_drive() -> None:
    learnt = FreeFlow()
    rng = np.random.default_rng(0)
    for speed_mps in rng.normal(8, 1, 1000):
        learnt.learn("z", float(speed_mps))
    assert learnt.speed_mps("z", FREE_MPS) == pytest.approx(8 + 1.04, rel=0.05)
    assert learnt.speed_mps("elsewhere", FREE_MPS) == FREE_MPS


def test_old_vehicles_fade_and_the_histogram_stays_bounded() -> None:
    learnt = FreeFlow()
    for speed_mps in [20.0] * 3000 + [10.0] * 20000:
        learnt.learn("z", speed_mps)
    assert learnt.counts["z"].sum() <= learnt.parameters.memory + 1
    assert learnt.speed_mps("z", FREE_MPS) == pytest.approx(10, rel=0.05)


def test_free_flow_can_be_kept_and_taken_up_again() -> None:
    learnt = FreeFlow()
    for speed_mps in np.linspace(5, 15, 200):
        learnt.learn("z", float(speed_mps))
    again = FreeFlow.from_json(learnt.to_json())
    assert again.speed_mps("z", FREE_MPS) == pytest.approx(learnt.speed_mps("z", FREE_MPS), rel=1e-3)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"edges_mps": [1, 2, 3], "zones": {}})])
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        FreeFlow.from_json(text)


def test_paces_that_no_vehicle_has_teach_nothing() -> None:
    learnt = FreeFlow()
    for speed_mps in (0.0, -1.0, 500.0, float("nan"), float("inf")):
        learnt.learn("z", speed_mps)
    assert learnt.counts == {}


@given(st.lists(st.lists(st.integers(0, 300), max_size=150, unique=True), max_size=20))
def test_each_track_keeps_its_row_and_no_two_share_one(frames: list[list[int]]) -> None:
    rows, row_of = TrackRows(forget_after_s=3.0), {}
    for at_s, ids in enumerate(frames):
        rows.forget(at_s)
        given_rows, was_s = rows.take(np.array(ids, np.int64), float(at_s))
        assert len(set(given_rows.tolist())) == len(ids)
        for track, row, seen_s in zip(ids, given_rows.tolist(), was_s.tolist(), strict=True):
            assert np.isnan(seen_s) or row == row_of[track]
            row_of[track] = row
        assert len(rows) <= 150 * 4
        assert rows.size <= max(FIRST_ROWS, 2 * 150 * 4)


def test_a_zones_length_is_told_or_calibrated_along_its_direction() -> None:
    size_px = np.array(SIZE, np.float64)

    def length(**more: object) -> float | None:
        config = camera([road(40, 90, **more)])
        [zone] = config.zones
        return zone_length_m(zone, np.array(zone.polygon) * size_px, size_px, ground_of(config))

    assert length() == pytest.approx(50)
    assert length(length_m=70) == 70
    assert length(direction={"start": (0.5, 0.4), "end": (0.5, 0.6)}) == pytest.approx(20)
    uncalibrated = camera([road(40, 90)], calibration=None)
    [zone] = uncalibrated.zones
    assert zone_length_m(zone, np.array(zone.polygon) * size_px, size_px, ground_of(uncalibrated)) is None
