"""Signals by plan and by their controller's reports."""

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
CONTROLLED = SignalConfig(id="controlled", state=ControllerConfig(stale_after=5))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def reader(*signals: SignalConfig) -> SignalReader:
    return SignalReader(signals, 64, 48)


def report(light: Light | None, at_s: float, signal_id: str = "controlled") -> SignalUpdate:
    return SignalUpdate(camera_id="c1", signal_id=signal_id, light=light, at=after(at_s))


@pytest.mark.parametrize(
    ("unix_s", "light", "since_s"),
    [(10, "green", 10), (39.9, "green", 10), (40, "amber", 40), (43, "red", 43), (69.9, "red", 43), (70, "green", 70)],
)
def test_a_plan_starts_with_green_at_its_offset_in_unix_time(unix_s: float, light: str, since_s: float) -> None:
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


def test_a_reported_light_is_valid_until_it_is_stale() -> None:
    signals = reader(CONTROLLED)
    assert signals.update(IMAGE, 100.0, NOON) == {}
    signals.report(report(Light.RED, 0))
    assert signals.update(IMAGE, 102.0, after(2)) == {"controlled": SignalNow(Light.RED, 100.0)}
    assert signals.update(IMAGE, 105.5, after(5.5)) == {}


def test_a_repeated_report_keeps_the_start_of_the_light() -> None:
    signals = reader(CONTROLLED)
    for second in range(8):
        signals.report(report(Light.RED, second))
    assert signals.update(IMAGE, 108.0, after(8)) == {"controlled": SignalNow(Light.RED, 100.0)}


def test_a_report_after_a_long_silence_starts_a_new_light() -> None:
    signals = reader(CONTROLLED)
    signals.report(report(Light.RED, 0))
    signals.report(report(Light.RED, 60))
    assert signals.update(IMAGE, 161.0, after(61)) == {"controlled": SignalNow(Light.RED, 160.0)}


def test_reports_that_are_late_or_ahead_of_the_clock_are_ignored() -> None:
    signals = reader(CONTROLLED)
    signals.report(report(Light.GREEN, 10))
    signals.report(report(Light.RED, 8))
    assert signals.update(IMAGE, 0.0, after(10))["controlled"].light is Light.GREEN
    signals.report(report(Light.RED, 100))
    assert signals.update(IMAGE, 1.0, after(11)) == {}


def test_a_controller_may_report_that_no_light_is_valid() -> None:
    signals = reader(CONTROLLED)
    signals.report(report(Light.RED, 0))
    signals.report(report(None, 1))
    assert signals.update(IMAGE, 2.0, after(2)) == {}


def test_reports_about_other_kinds_of_signals_are_ignored() -> None:
    signals = reader(PLAN, CONTROLLED)
    signals.report(report(Light.RED, 0, "nowhere"))
    signals.report(report(Light.RED, 0, "plan"))
    assert set(signals.update(IMAGE, 0.0, NOON)) == {"plan"}


def test_lamps_plans_and_controllers_are_read_together() -> None:
    lamps = SignalConfig(id="lamps", state=LampsConfig(red=((0, 0), (0.5, 0.5)), green=((0.5, 0.5), (1, 1))))
    image = IMAGE.copy()
    image[:24, :32] = (20, 20, 240)
    signals = reader(lamps, PLAN, CONTROLLED)
    signals.report(report(Light.AMBER, 0))
    signals.update(image, 0.0, NOON)
    now = signals.update(image, 1.0, after(1))
    assert set(now) == {"lamps", "plan", "controlled"}
    assert now["lamps"] == SignalNow(Light.RED, 0.0)
    assert now["controlled"].light is Light.AMBER


@given(st.none() | st.sampled_from(Light), st.floats(0, 4e9))
def test_a_report_survives_the_wire(light: Light | None, unix_s: float) -> None:
    at = datetime.fromtimestamp(unix_s, UTC)
    update = SignalUpdate(camera_id="c1", signal_id="s", light=light, at=at)
    assert SignalUpdate.model_validate_json(update.model_dump_json()) == update
