"""An incident's life: it is raised, updated and ended exactly once each, whatever the tracker does."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.incidents.incidents_kit import (
    SETTINGS,
    Frame,
    changes_of,
    evidence_of,
    lasting,
    later,
    lifecycle,
    phases,
)
from vision.analytics.incidents.lifecycle import (
    Evidence,
    IncidentChange,
    LifecycleParameters,
)

PARAMETERS = LifecycleParameters()
NOTHING: list[Evidence] = []


def test_a_sustained_condition_is_raised_once_and_ended_as_of_its_last_observation() -> None:
    changes = changes_of(lifecycle(), lasting([evidence_of(7)], 10, 20) + lasting(NOTHING, 20, 60))
    assert phases(changes) == ["raised", "ended"]
    raised, ended = changes
    assert (raised.started_s, raised.at_s) == (10, pytest.approx(13, abs=0.11))
    assert ended.ended_s == pytest.approx(19.9)
    assert ended.at_s == pytest.approx(24.9, abs=0.11)
    assert (raised.number, raised.sequence, ended.number, ended.sequence) == (1, 0, 1, 1)
    assert raised.place == (0.5, 0.5)


def test_a_short_condition_is_no_incident() -> None:
    assert changes_of(lifecycle(), lasting([evidence_of(7)], 0, 2.8) + lasting(NOTHING, 2.8, 20)) == []


def test_a_short_gap_is_bridged() -> None:
    gap = lasting([evidence_of(7)], 0, 1.5) + lasting(NOTHING, 1.5, 2.3) + lasting([evidence_of(7)], 2.3, 4)
    assert phases(changes_of(lifecycle(), gap)) == ["raised"]


def test_a_long_gap_restarts_the_condition() -> None:
    gap = lasting([evidence_of(7)], 0, 2) + lasting(NOTHING, 2, 3.5) + lasting([evidence_of(7)], 3.5, 7)
    [raised] = changes_of(lifecycle(), gap)
    assert raised.started_s == 3.5


def test_a_condition_that_rarely_holds_is_no_incident() -> None:
    frames = [(n / 10, [evidence_of(7)] if n % 5 == 0 else NOTHING) for n in range(200)]
    assert changes_of(lifecycle(), frames) == []


def test_time_before_the_first_observation_counts_but_not_for_all_of_the_confirmation() -> None:
    stopped = replace(evidence_of(7), since_s=2.0)
    [raised] = changes_of(lifecycle(), lasting([stopped], 20, 25))
    assert (raised.started_s, raised.at_s) == (2.0, pytest.approx(20 + PARAMETERS.min_observed_s, abs=0.11))
    brief = lasting([stopped], 20, 20 + PARAMETERS.min_observed_s / 2)
    assert changes_of(lifecycle(), brief + lasting(NOTHING, 20.5, 30)) == []


def test_without_confirmation_time_one_observation_is_enough() -> None:
    at_once = SETTINGS.model_copy(update={"confirm_after": timedelta()})
    assert phases(changes_of(lifecycle(at_once), [(0.0, [evidence_of(7)])])) == ["raised"]


def test_an_id_switch_makes_no_second_incident() -> None:
    switch = lasting([evidence_of(7)], 0, 5) + lasting(NOTHING, 5, 8) + lasting([evidence_of(8, x=520)], 8, 30)
    changes = changes_of(lifecycle(), switch)
    assert phases(changes) == ["raised", "updated"]
    assert changes[-1].evidence.track_ids == (7, 8)


def test_one_event_observed_as_several_tracks_is_one_incident() -> None:
    changes = changes_of(lifecycle(), lasting([evidence_of(7), evidence_of(8, x=530)], 0, 20))
    assert phases(changes) == ["raised"]
    assert changes[0].evidence.track_ids == (7, 8)


def test_evidence_outside_the_radius_or_in_another_zone_is_another_incident() -> None:
    separate = [evidence_of(7), evidence_of(8, x=700), evidence_of(9, x=510, zone="other")]
    assert phases(changes_of(lifecycle(), lasting(separate, 0, 20))) == ["raised"] * 3


def test_a_track_that_jitters_between_two_zones_is_one_incident() -> None:
    frames = [(n / 10, [evidence_of(7, zone="a" if n % 2 else "b")]) for n in range(200)]
    assert phases(changes_of(lifecycle(), frames)) == ["raised"]


def test_evidence_that_outlasts_the_cool_down_is_raised_again() -> None:
    again = lasting([evidence_of(7)], 0, 5) + lasting(NOTHING, 5, 15) + lasting([evidence_of(8)], 15, 60)
    changes = changes_of(lifecycle(), again)
    assert phases(changes) == ["raised", "ended", "raised"]
    assert changes[2].at_s >= changes[1].at_s + 30


def test_an_open_incident_is_updated_for_new_tracks_at_most_every_interval() -> None:
    growing = [(n / 10, [evidence_of(*range(1 + n // 20))]) for n in range(600)]
    changes = changes_of(lifecycle(), growing)
    assert phases(changes) == ["raised"] + ["updated"] * 5
    assert all(b.at_s - a.at_s >= 10 for a, b in pairwise(changes))


def test_a_changed_level_is_an_update() -> None:
    worse = lasting([replace(evidence_of(), facts={"level": "congested"})], 0, 20)
    worse += lasting([replace(evidence_of(), facts={"level": "jammed"})], 20, 40)
    assert phases(changes_of(lifecycle(), worse)) == ["raised", "updated"]


def test_per_vehicle_each_road_user_is_one_incident_and_raised_once() -> None:
    both = lasting([evidence_of(7), evidence_of(8, x=510)], 0, 5)
    again = lasting(NOTHING, 5, 20) + lasting([evidence_of(7, x=600)], 20, 80)
    changes = changes_of(lifecycle(per_vehicle=True), both + again)
    assert phases(changes) == ["raised", "raised", "ended", "ended"]


def test_a_road_user_is_recognised_at_its_expected_position_under_a_new_id() -> None:
    def driving(track: int, n: int) -> Evidence:
        return replace(evidence_of(track, x=100 + 10 * n), velocity_px=(100, 0))

    before = [(n / 10, [driving(7, n)]) for n in range(40)]
    unseen = [(n / 10, NOTHING) for n in range(40, 55)]
    after = [(n / 10, [driving(8, n)]) for n in range(55, 80)]
    assert phases(changes_of(lifecycle(per_vehicle=True), before + unseen + after)) == ["raised"]
    follower = [(n / 10, [driving(8, n - 20)]) for n in range(55, 95)]
    assert phases(changes_of(lifecycle(per_vehicle=True), before + unseen + follower)) == ["raised", "raised", "ended"]


def test_closing_ends_open_incidents_only() -> None:
    incidents = lifecycle()
    changes_of(
        incidents, lasting([evidence_of(7), evidence_of(8, x=900)], 0, 5) + lasting([evidence_of(9, x=100)], 5, 6)
    )
    changes = incidents.close(6.0)
    assert phases(changes) == ["ended", "ended"]
    assert [change.ended_s for change in changes] == pytest.approx([4.9, 4.9])
    assert incidents.close(6.0) == []
    assert len(incidents) == 0


def test_memory_is_bounded() -> None:
    brief = SETTINGS.model_copy(update={"confirm_after": timedelta(), "clear_after": timedelta()})
    incidents = lifecycle(brief)
    for n in range(2000):
        incidents.update([evidence_of(n, x=n, radius_px=0)], n / 1000)
    assert len(incidents) <= PARAMETERS.max_cooling + 2
    incidents = lifecycle()
    for n in range(2000):
        incidents.update([evidence_of(n)], n / 10)
    assert len(incidents) == 1
    assert len(incidents.open_incidents()[0].evidence.track_ids) <= PARAMETERS.max_tracks
    for n in range(2000):
        incidents.update([], 200 + n / 10)
    assert len(incidents) == 0


Episode = tuple[list[tuple[int, int]], float]
"""The tracks with their positions for which a condition holds, and for how many seconds."""
EPISODES = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 6), st.integers(0, 10)), max_size=3, unique_by=lambda of: of[0]),
        st.sampled_from([2.0, 4.0, 8.0, 40.0]),
    ),
    min_size=1,
    max_size=8,
)


def frames_of(episodes: list[Episode], step_s: float = 0.5) -> list[Frame]:
    """Some minutes of conditions that start and end, switch ids and positions."""
    frames: list[Frame] = []
    start_s = 0.0
    for present, length_s in episodes:
        episode = [evidence_of(track, x=100.0 * place) for track, place in present]
        frames += lasting(episode, start_s, start_s + length_s, step_s)
        start_s += length_s
    return frames


def summary(changes: list[IncidentChange]) -> list[tuple[int, str, float, float]]:
    return [(c.number, str(c.phase), c.at_s, c.started_s) for c in changes]


@given(EPISODES, st.booleans())
def test_each_incident_is_raised_once_and_ended_once_for_any_evidence(
    episodes: list[Episode], per_vehicle: bool
) -> None:
    incidents, frames = lifecycle(per_vehicle=per_vehicle), frames_of(episodes)
    changes = changes_of(incidents, frames) + incidents.close(frames[-1][0])
    for number in {change.number for change in changes}:
        life = [change for change in changes if change.number == number]
        assert phases(life) == ["raised", *["updated"] * (len(life) - 2), "ended"]
        assert [change.sequence for change in life] == list(range(len(life)))
        assert len({change.started_s for change in life}) == 1
        ended = life[-1]
        assert ended.ended_s is not None
        assert life[0].started_s <= ended.ended_s <= ended.at_s


@given(EPISODES, st.integers(-10_000, 10_000))
def test_a_shifted_clock_changes_nothing(episodes: list[Episode], by_s: int) -> None:
    frames = frames_of(episodes)
    moved = [
        (n, phase, at_s - by_s, since_s - by_s)
        for n, phase, at_s, since_s in summary(changes_of(lifecycle(), later(frames, by_s)))
    ]
    assert moved == summary(changes_of(lifecycle(), frames))


@given(EPISODES, st.permutations(range(1, 7)), st.booleans())
def test_other_track_ids_change_nothing(episodes: list[Episode], order: list[int], per_vehicle: bool) -> None:
    frames = frames_of(episodes)
    renamed = [
        (at_s, [replace(e, track_ids=tuple(order[t - 1] for t in e.track_ids)) for e in evidence])
        for at_s, evidence in frames
    ]
    assert summary(changes_of(lifecycle(per_vehicle=per_vehicle), renamed)) == summary(
        changes_of(lifecycle(per_vehicle=per_vehicle), frames)
    )


@given(EPISODES)
def test_twice_the_frame_rate_shifts_changes_by_at_most_a_frame(episodes: list[Episode]) -> None:
    coarse, fine = changes_of(lifecycle(), frames_of(episodes, 0.5)), changes_of(lifecycle(), frames_of(episodes, 0.25))
    assert [(c.number, c.phase) for c in coarse] == [(c.number, c.phase) for c in fine]
    assert [c.at_s for c in coarse] == pytest.approx([c.at_s for c in fine], abs=0.5)


@given(EPISODES, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_another_picture_size_changes_nothing(episodes: list[Episode], scale: float) -> None:
    def scaled(e: Evidence) -> Evidence:
        assert e.place_px is not None
        x, y = e.place_px
        return replace(e, place_px=(x * scale, y * scale), radius_px=e.radius_px * scale)

    frames = frames_of(episodes)
    larger = [(at_s, [scaled(e) for e in evidence]) for at_s, evidence in frames]
    assert summary(changes_of(lifecycle(scale=scale), larger)) == summary(changes_of(lifecycle(), frames))
