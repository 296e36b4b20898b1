"""Ctrl-C and SIGTERM end what runs in good order."""

import os
import signal
import threading

import pytest

from vision.commands.console import stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_what_runs_and_does_afterwards_what_it_did_before(number: signal.Signals) -> None:
    heard: list[int] = []
    before = signal.signal(number, lambda told, _frame: heard.append(told))
    try:
        stop = threading.Event()
        with stop_on_signals(stop.set):
            os.kill(os.getpid(), number)
            assert stop.wait(1)
        assert heard == []
        os.kill(os.getpid(), number)
        assert heard == [number]
    finally:
        signal.signal(number, before)


def test_what_fails_gives_the_signals_back_too() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="broken"), stop_on_signals(lambda: None):
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGINT) is before
