"""An incident is raised, updated and ended, each exactly once, whatever the tracker does."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.incidents.incidents_kit import SETTINGS, Look, lasting, later, ledger, phases, sign, told
from vision.analytics.incidents.lifecycle import (
    Evidence,
    IncidentChange,
    LifecycleParameters,
)

PARAMETERS = LifecycleParameters()
NOTHING: list[Evidence] = []


def test_what_lasts_is_raised_once_and_ended_once_as_of_when_it_was_last_seen() -> None:
    changes = told(ledger(), lasting([sign(7)], 10, 20) + lasting(NOTHING, 20, 60))
    assert phases(changes) == ["raised", "ended"]
    raised, ended = changes
    assert (raised.started_s, raised.at_s) == (10, pytest.approx(13, abs=0.11))
    assert ended.ended_s == pytest.approx(19.9)
    assert ended.at_s == pytest.approx(24.9, abs=0.11)
    assert (raised.number, raised.sequence, ended.number, ended.sequence) == (1, 0, 1, 1)
    assert raised.place == (0.5, 0.5)


def test_what_does_not_last_is_no_incident() -> None:
    assert told(ledger(), lasting([sign(7)], 0, 2.8) + lasting(NOTHING, 2.8, 20)) == []


def test_a_blink_is_forgiven() -> None:
    blink = lasting([sign(7)], 0, 1.5) + lasting(NOTHING, 1.5, 2.3) + lasting([sign(7)], 2.3, 4)
    assert phases(told(ledger(), blink)) == ["raised"]


def test_a_gap_begins_it_anew() -> None:
    gap = lasting([sign(7)], 0, 2) + lasting(NOTHING, 2, 3.5) + lasting([sign(7)], 3.5, 7)
    [raised] = told(ledger(), gap)
    assert raised.started_s == 3.5


def test_what_is_seen_now_and_then_only_does_not_last() -> None:
    looks = [(n / 10, [sign(7)] if n % 5 == 0 else NOTHING) for n in range(200)]
    assert told(ledger(), looks) == []


def test_time_before_it_was_noticed_counts_but_it_is_looked_at_for_a_moment() -> None:
    standing = replace(sign(7), since_s=2.0)
    [raised] = told(ledger(), lasting([standing], 20, 25))
    assert (raised.started_s, raised.at_s) == (2.0, pytest.approx(20 + PARAMETERS.min_observed_s, abs=0.11))
    assert (
        told(ledger(), lasting([standing], 20, 20 + PARAMETERS.min_observed_s / 2) + lasting(NOTHING, 20.5, 30)) == []
    )


def test_without_patience_one_look_is_enough() -> None:
    at_once = SETTINGS.model_copy(update={"confirm_after": timedelta()})
    assert phases(told(ledger(at_once), [(0.0, [sign(7)])])) == ["raised"]


def test_an_id_switch_makes_no_second_incident() -> None:
    switch = lasting([sign(7)], 0, 5) + lasting(NOTHING, 5, 8) + lasting([sign(8, x=520)], 8, 30)
    changes = told(ledger(), switch)
    assert phases(changes) == ["raised", "updated"]
    assert changes[-1].evidence.track_ids == (7, 8)


def test_one_event_seen_as_several_tracks_is_one_incident() -> None:
    changes = told(ledger(), lasting([sign(7), sign(8, x=530)], 0, 20))
    assert phases(changes) == ["raised"]
    assert changes[0].evidence.track_ids == (7, 8)


def test_places_out_of_reach_and_other_zones_are_incidents_of_their_own() -> None:
    apart = [sign(7), sign(8, x=700), sign(9, x=510, zone="other")]
    assert phases(told(ledger(), lasting(apart, 0, 20))) == ["raised"] * 3


def test_a_track_that_trembles_between_two_zones_is_one_incident() -> None:
    looks = [(n / 10, [sign(7, zone="a" if n % 2 else "b")]) for n in range(200)]
    assert phases(told(ledger(), looks)) == ["raised"]


def test_the_same_place_is_quiet_after_the_end_and_told_anew_when_it_lasts_longer() -> None:
    again = lasting([sign(7)], 0, 5) + lasting(NOTHING, 5, 15) + lasting([sign(8)], 15, 60)
    changes = told(ledger(), again)
    assert phases(changes) == ["raised", "ended", "raised"]
    assert changes[2].at_s >= changes[1].at_s + 30


def test_a_lasting_incident_is_updated_for_what_is_new_and_not_too_often() -> None:
    growing = [(n / 10, [sign(*range(1 + n // 20))]) for n in range(600)]
    changes = told(ledger(), growing)
    assert phases(changes) == ["raised"] + ["updated"] * 5
    assert all(b.at_s - a.at_s >= 10 for a, b in pairwise(changes))


def test_a_level_that_changes_is_worth_an_update() -> None:
    worse = lasting([replace(sign(), facts={"level": "congested"})], 0, 20)
    worse += lasting([replace(sign(), facts={"level": "jammed"})], 20, 40)
    assert phases(told(ledger(), worse)) == ["raised", "updated"]


def test_each_road_user_is_an_incident_of_his_own_and_told_of_once() -> None:
    both = lasting([sign(7), sign(8, x=510)], 0, 5)
    again = lasting(NOTHING, 5, 20) + lasting([sign(7, x=600)], 20, 80)
    changes = told(ledger(per_vehicle=True), both + again)
    assert phases(changes) == ["raised", "raised", "ended", "ended"]


def test_a_road_user_is_recognised_where_he_is_expected_under_a_new_id() -> None:
    def driving(track: int, n: int) -> Evidence:
        return replace(sign(track, x=100 + 10 * n), velocity_px=(100, 0))

    before = [(n / 10, [driving(7, n)]) for n in range(40)]
    unseen = [(n / 10, NOTHING) for n in range(40, 55)]
    after = [(n / 10, [driving(8, n)]) for n in range(55, 80)]
    assert phases(told(ledger(per_vehicle=True), before + unseen + after)) == ["raised"]
    follower = [(n / 10, [driving(8, n - 20)]) for n in range(55, 95)]
    assert phases(told(ledger(per_vehicle=True), before + unseen + follower)) == ["raised", "raised", "ended"]


def test_closing_ends_what_goes_on_and_nothing_else() -> None:
    of = ledger()
    told(of, lasting([sign(7), sign(8, x=900)], 0, 5) + lasting([sign(9, x=100)], 5, 6))
    changes = of.close(6.0)
    assert phases(changes) == ["ended", "ended"]
    assert [change.ended_s for change in changes] == pytest.approx([4.9, 4.9])
    assert of.close(6.0) == []
    assert len(of) == 0


def test_memory_is_bounded() -> None:
    brief = SETTINGS.model_copy(update={"confirm_after": timedelta(), "clear_after": timedelta()})
    of = ledger(brief)
    for n in range(2000):
        of.update([sign(n, x=n, radius_px=0)], n / 1000)
    assert len(of) <= PARAMETERS.max_cooling + 2
    of = ledger()
    for n in range(2000):
        of.update([sign(n)], n / 10)
    assert len(of) == 1
    assert len(of.open_incidents()[0].evidence.track_ids) <= PARAMETERS.max_tracks
    for n in range(2000):
        of.update([], 200 + n / 10)
    assert len(of) == 0


Spell = tuple[list[tuple[int, int]], float]
"""Which tracks' conditions hold where, and for how many seconds."""
SPELLS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 6), st.integers(0, 10)), max_size=3, unique_by=lambda of: of[0]),
        st.sampled_from([2.0, 4.0, 8.0, 40.0]),
    ),
    min_size=1,
    max_size=8,
)


def looks_of(spells: list[Spell], step_s: float = 0.5) -> list[Look]:
    """Some minutes of a few conditions that come and go, switch ids and places."""
    looks: list[Look] = []
    start_s = 0.0
    for present, length_s in spells:
        spell = [sign(track, x=100.0 * place) for track, place in present]
        looks += lasting(spell, start_s, start_s + length_s, step_s)
        start_s += length_s
    return looks


def words(changes: list[IncidentChange]) -> list[tuple[int, str, float, float]]:
    return [(c.number, str(c.phase), c.at_s, c.started_s) for c in changes]


@given(SPELLS, st.booleans())
def test_whatever_comes_each_incident_is_raised_once_and_ended_once(spells: list[Spell], per_vehicle: bool) -> None:
    of, looks = ledger(per_vehicle=per_vehicle), looks_of(spells)
    changes = told(of, looks) + of.close(looks[-1][0])
    for number in {change.number for change in changes}:
        life = [change for change in changes if change.number == number]
        assert phases(life) == ["raised", *["updated"] * (len(life) - 2), "ended"]
        assert [change.sequence for change in life] == list(range(len(life)))
        assert len({change.started_s for change in life}) == 1
        ended = life[-1]
        assert ended.ended_s is not None
        assert life[0].started_s <= ended.ended_s <= ended.at_s


@given(SPELLS, st.integers(-10_000, 10_000))
def test_a_clock_that_starts_elsewhere_changes_nothing(spells: list[Spell], by_s: int) -> None:
    looks = looks_of(spells)
    moved = [
        (n, phase, at_s - by_s, since_s - by_s) for n, phase, at_s, since_s in words(told(ledger(), later(looks, by_s)))
    ]
    assert moved == words(told(ledger(), looks))


@given(SPELLS, st.permutations(range(1, 7)), st.booleans())
def test_other_track_ids_change_nothing(spells: list[Spell], order: list[int], per_vehicle: bool) -> None:
    looks = looks_of(spells)
    renamed = [
        (at_s, [replace(e, track_ids=tuple(order[t - 1] for t in e.track_ids)) for e in evidence])
        for at_s, evidence in looks
    ]
    assert words(told(ledger(per_vehicle=per_vehicle), renamed)) == words(told(ledger(per_vehicle=per_vehicle), looks))


@given(SPELLS)
def test_twice_as_many_looks_change_nothing_beyond_a_look(spells: list[Spell]) -> None:
    coarse, fine = told(ledger(), looks_of(spells, 0.5)), told(ledger(), looks_of(spells, 0.25))
    assert [(c.number, c.phase) for c in coarse] == [(c.number, c.phase) for c in fine]
    assert [c.at_s for c in coarse] == pytest.approx([c.at_s for c in fine], abs=0.5)


@given(SPELLS, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_a_picture_of_another_size_changes_nothing(spells: list[Spell], scale: float) -> None:
    def scaled(e: Evidence) -> Evidence:
        assert e.place_px is not None
        x, y = e.place_px
        return replace(e, place_px=(x * scale, y * scale), radius_px=e.radius_px * scale)

    looks = looks_of(spells)
    larger = [(at_s, [scaled(e) for e in evidence]) for at_s, evidence in looks]
    assert words(told(ledger(scale=scale), larger)) == words(told(ledger(), looks))
