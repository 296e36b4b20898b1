"""A short chaos run: parts die, Redis is emptied and poisoned, and every event is stored or reported as missing."""

import pytest

from vision.bench.chaos.faults import FAULTS
from vision.bench.chaos.run import ChaosBench

SHORT = ("kill_workers", "empty_redis", "trim_unread", "poison_streams")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_lost_in_silence_or_stored_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.bench.chaos.faults.fault.HOLD_S", (2.0, 3.0))
    report = ChaosBench(cameras=2, workers=1, seed=7, faults=SHORT).run(seconds=0)
    assert report.is_clean, report
    assert report.injected == dict.fromkeys(SHORT, 1)
    assert report.events > 100
    assert report.stored + report.reported_lost == report.events
    assert report.restarts >= 2


def test_every_fault_says_what_it_does() -> None:
    assert len(FAULTS) >= 20
    assert all(fault.__doc__ for fault in FAULTS.values())
