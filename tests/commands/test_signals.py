"""Ctrl-C and SIGTERM stop a command in good order."""

import os
import signal
import threading

import pytest

from vision.commands.console import stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_block_and_its_handler_is_restored(number: signal.Signals) -> None:
    received: list[int] = []
    before = signal.signal(number, lambda given, _frame: received.append(given))
    try:
        stop = threading.Event()
        with stop_on_signals(stop.set):
            os.kill(os.getpid(), number)
            assert stop.wait(1)
        assert received == []
        os.kill(os.getpid(), number)
        assert received == [number]
    finally:
        signal.signal(number, before)


def test_handlers_are_restored_after_an_error() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="broken"), stop_on_signals(lambda: None):
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGINT) is before
