"""Signals by plan and by what their controller tells."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.common.traffic_light import Light
from vision.config.zones import ControllerConfig, LampsConfig, SignalConfig, TimedConfig
from vision.contracts import SignalUpdate
from vision.core import SignalNow
from vision.image import SignalReader

IMAGE = np.zeros((48, 64, 3), np.uint8)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAN = SignalConfig(id="plan", state=TimedConfig(green=30, amber=3, red=27, offset=10))
TOLD = SignalConfig(id="told", state=ControllerConfig(stale_after=5))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def reader(*signals: SignalConfig) -> SignalReader:
    return SignalReader(signals, 64, 48)


def told(light: Light | None, at_s: float, signal_id: str = "told") -> SignalUpdate:
    return SignalUpdate(camera_id="c1", signal_id=signal_id, light=light, at=after(at_s))


@pytest.mark.parametrize(
    ("unix_s", "light", "since_s"),
    [(10, "green", 10), (39.9, "green", 10), (40, "amber", 40), (43, "red", 43), (69.9, "red", 43), (70, "green", 70)],
)
def test_a_plan_begins_with_green_at_its_offset_in_unix_time(unix_s: float, light: str, since_s: float) -> None:
    now = reader(PLAN).update(IMAGE, 500.0, datetime.fromtimestamp(unix_s, UTC))["plan"]
    assert now.light == light
    assert now.since_s == pytest.approx(500 + since_s - unix_s, abs=1e-6)


@given(st.floats(0, 4e9), st.floats(1, 600), st.floats(0, 30), st.floats(1, 600), st.floats(0, 1200))
def test_a_plan_repeats_itself_each_cycle(unix_s: float, green: float, amber: float, red: float, offset: float) -> None:
    plan = SignalConfig(id="p", state=TimedConfig(green=green, amber=amber, red=red, offset=offset))
    cycle_s = sum(
        length.total_seconds()
        for length in (plan.state.green, plan.state.amber, plan.state.red)  # type: ignore[union-attr]
    )
    moments = [datetime.fromtimestamp(unix_s + n * cycle_s, UTC) for n in range(2)]
    one, other = (reader(plan).update(IMAGE, 0.0, moment)["p"] for moment in moments)
    is_at_a_change = min(abs(one.since_s), abs(other.since_s)) < 1e-3
    assert one.light is other.light or is_at_a_change


def test_a_told_light_is_believed_until_it_is_stale() -> None:
    signals = reader(TOLD)
    assert signals.update(IMAGE, 100.0, NOON) == {}
    signals.report(told(Light.RED, 0))
    assert signals.update(IMAGE, 102.0, after(2)) == {"told": SignalNow(Light.RED, 100.0)}
    assert signals.update(IMAGE, 105.5, after(5.5)) == {}


def test_a_light_that_is_told_again_began_when_it_was_told_first() -> None:
    signals = reader(TOLD)
    for second in range(8):
        signals.report(told(Light.RED, second))
    assert signals.update(IMAGE, 108.0, after(8)) == {"told": SignalNow(Light.RED, 100.0)}


def test_a_controller_that_was_silent_for_long_begins_anew() -> None:
    signals = reader(TOLD)
    signals.report(told(Light.RED, 0))
    signals.report(told(Light.RED, 60))
    assert signals.update(IMAGE, 161.0, after(61)) == {"told": SignalNow(Light.RED, 160.0)}


def test_words_that_come_late_or_from_a_clock_that_is_ahead_are_not_believed() -> None:
    signals = reader(TOLD)
    signals.report(told(Light.GREEN, 10))
    signals.report(told(Light.RED, 8))
    assert signals.update(IMAGE, 0.0, after(10))["told"].light is Light.GREEN
    signals.report(told(Light.RED, 100))
    assert signals.update(IMAGE, 1.0, after(11)) == {}


def test_a_controller_may_say_that_nothing_is_to_be_gone_by() -> None:
    signals = reader(TOLD)
    signals.report(told(Light.RED, 0))
    signals.report(told(None, 1))
    assert signals.update(IMAGE, 2.0, after(2)) == {}


def test_words_about_signals_that_are_not_told_are_passed_over() -> None:
    signals = reader(PLAN, TOLD)
    signals.report(told(Light.RED, 0, "nowhere"))
    signals.report(told(Light.RED, 0, "plan"))
    assert set(signals.update(IMAGE, 0.0, NOON)) == {"plan"}


def test_lamps_plans_and_controllers_are_read_side_by_side() -> None:
    lamps = SignalConfig(id="lamps", state=LampsConfig(red=((0, 0), (0.5, 0.5)), green=((0.5, 0.5), (1, 1))))
    image = IMAGE.copy()
    image[:24, :32] = (20, 20, 240)
    signals = reader(lamps, PLAN, TOLD)
    signals.report(told(Light.AMBER, 0))
    signals.update(image, 0.0, NOON)
    now = signals.update(image, 1.0, after(1))
    assert set(now) == {"lamps", "plan", "told"}
    assert now["lamps"] == SignalNow(Light.RED, 0.0)
    assert now["told"].light is Light.AMBER


@given(st.none() | st.sampled_from(Light), st.floats(0, 4e9))
def test_what_a_controller_says_is_read_back_the_same(light: Light | None, unix_s: float) -> None:
    at = datetime.fromtimestamp(unix_s, UTC)
    word = SignalUpdate(camera_id="c1", signal_id="s", light=light, at=at)
    assert SignalUpdate.model_validate_json(word.model_dump_json()) == word
