"""Presence: each visit has one entry and one exit, whatever boxes and trackers do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import Road, Vehicle, camera, parked, road, steady, stopping
from vision.analytics.events import ZoneEntry, ZoneExit
from vision.common.object_class import ObjectClass


def visits(
    vehicles: list[Vehicle],
    seconds: float,
    *,
    fps: float = 10,
    zone: tuple[float, float] = (40, 80),
    jitter_m: float = 0,
) -> tuple[list[ZoneEntry], list[ZoneExit]]:
    scenes = list(Road(camera([road(*zone)]), jitter_m=jitter_m).watch(vehicles, seconds, fps=fps))
    states = [scene.zones[0] for scene in scenes]
    return [e for s in states for e in s.visits.entries], [x for s in states for x in s.visits.exits]


@pytest.mark.parametrize("fps", [4, 10, 25])
def test_a_vehicle_that_drives_through_enters_once_and_leaves_once(fps: float) -> None:
    [entry], [left] = visits([Vehicle(7, steady(10))], 15, fps=fps)
    assert (entry.zone_id, entry.track_id, entry.object_class) == ("road", 7, ObjectClass.CAR)
    assert entry.at_s == pytest.approx(4.0, abs=1.5 / fps)
    assert left.left_s == pytest.approx(8.0, abs=1.5 / fps)
    assert left.distance_m == pytest.approx(40, rel=0.1)
    assert left.mean_speed_mps == pytest.approx(10, rel=0.02)
    assert left.stopped_s == 0


def test_jitter_at_the_edge_neither_enters_nor_leaves() -> None:
    outside, inside = Vehicle(1, parked(39.8)), Vehicle(2, parked(40.5), y_m=40)
    entries, exits = visits([outside, inside], 60, jitter_m=0.1)
    assert [e.track_id for e in entries] == [2]
    assert exits == []


def test_a_short_gap_in_a_track_is_no_exit() -> None:
    blinking = Vehicle(1, steady(5, 20), undetected=lambda t_s: 6 < t_s < 7.8 or 9 < t_s < 9.4)
    entries, exits = visits([blinking], 20)
    assert (len(entries), len(exits)) == (1, 1)
    assert exits[0].distance_m == pytest.approx(40, rel=0.1)


def test_a_vehicle_first_observed_inside_has_entered_then() -> None:
    [entry], _ = visits([Vehicle(1, steady(8, 50), undetected=lambda t_s: t_s < 1)], 5)
    assert entry.at_s == pytest.approx(1.0)


def test_a_vehicle_lost_inside_has_left_when_it_was_last_observed() -> None:
    [_], [left] = visits([Vehicle(1, steady(5, 45), undetected=lambda t_s: t_s > 3)], 10)
    assert left.left_s == pytest.approx(3.0)


def test_a_fast_vehicle_enters_and_leaves_a_small_zone() -> None:
    entries, exits = visits([Vehicle(1, steady(20))], 6, zone=(60, 66), fps=12)
    assert (len(entries), len(exits)) == (1, 1)


def test_an_exit_says_how_long_the_vehicle_was_stopped() -> None:
    [_], [left] = visits([Vehicle(1, stopping(60, stops_s=8, starts_s=20))], 30)
    assert left.stopped_s == pytest.approx(12, abs=2)


def test_a_stopped_vehicle_with_gaps_in_its_track_counts_as_present() -> None:
    blinking = Vehicle(1, parked(60), undetected=lambda t_s: t_s > 5 and t_s % 2 > 0.3)
    watched = Road(camera([road(40, 80)])).watch([blinking], 30)
    assert {int(s.zones[0].visits.present.sum()) for s in watched if s.at_s > 3} == {1}


def test_the_table_of_tracks_is_bounded() -> None:
    road_view = Road(camera([road(40, 80)]))
    for n in range(2000):
        road_view.update([Vehicle(n, parked(60))], n / 4)
        assert len(road_view.zones._presence) <= 17
        assert len(road_view.zones._parked) <= 17
    road_view.update([], 1000)
    assert len(road_view.zones._presence) == 0
    assert road_view.zones._presence._rows.size == 64


def events(vehicles: list[Vehicle], *, start_s: float = 0.0) -> list[tuple[str, float]]:
    found = []
    for scene in Road(camera([road(40, 80)])).watch(vehicles, 14, fps=8, start_s=start_s):
        moved = scene.zones[0].visits
        found += [("in", round(e.at_s - start_s, 6)) for e in moved.entries]
        found += [("out", round(x.left_s - start_s, 6)) for x in moved.exits]
    return found


speeds = st.lists(st.floats(4, 25), min_size=1, max_size=4)


@given(speeds, st.integers(1, 10**9), st.integers(0, 10**4))
@settings(max_examples=10)
def test_shifting_time_and_ids_changes_nothing(speeds: list[float], first_id: int, start_s: int) -> None:
    files = np.linspace(28, 44, len(speeds)).tolist()
    early = [Vehicle(n, steady(v), y_m=y) for n, (v, y) in enumerate(zip(speeds, files, strict=True))]
    late = [
        Vehicle(first_id + 3 * n, steady(v, start_s=start_s), y_m=y)
        for n, (v, y) in enumerate(zip(speeds, files, strict=True))
    ]
    assert sorted(events(early)) == sorted(events(late, start_s=start_s))


@given(st.floats(5, 20), st.sampled_from([5.0, 8.0, 16.0, 25.0]))
@settings(max_examples=10)
def test_the_frame_rate_changes_the_times_by_no_more_than_a_frame(speed: float, fps: float) -> None:
    [entry], [left] = visits([Vehicle(1, steady(speed))], 130 / speed, fps=fps)
    assert entry.at_s == pytest.approx(40 / speed, abs=1 / fps + 1e-6)
    assert left.left_s == pytest.approx(80 / speed, abs=1 / fps + 1e-6)
