"""The demonstration's processes: started apart, watched, stopped in order."""

import os
import signal
from pathlib import Path

import pytest

from vision.core.errors import NgatuError
from vision.demo.processes import Children


def test_a_child_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("broken", ["no-such-command"], {})
    child.process.wait(20)
    with pytest.raises(NgatuError, match=r"(?s)`ngatu broken` ended with code 2.*no-such-command"):
        children.check()


def test_a_child_that_does_not_heed_the_request_to_end_is_killed(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("deaf", ["--help"], {})
    child.process.send_signal(signal.SIGSTOP)
    os.waitpid(child.process.pid, os.WUNTRACED)
    children.stop("deaf", timeout_s=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_stopping_what_has_ended_already_is_no_error(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("over", ["--help"], {})
    child.process.wait(20)
    children.stop_all()
    children.check()


def test_ctrl_c_at_the_terminal_reaches_the_parent_alone(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("apart", ["--help"], {})
    try:
        assert os.getpgid(child.process.pid) == child.process.pid != os.getpgid(0)
    finally:
        child.process.send_signal(signal.SIGKILL)
        child.process.wait()
