"""The processes of a demonstration: start, check, stop."""

import os
import signal
from pathlib import Path

import pytest

from vision.core.errors import NgatuError
from vision.demo.processes import Children


def test_a_process_that_ended_is_named_with_its_last_output(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("broken", ["no-such-command"], {})
    child.wait(20)
    with pytest.raises(NgatuError, match=r"(?s)`ngatu broken` ended with code 2.*no-such-command"):
        children.check()


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("deaf", ["--help"], {})
    os.kill(child.pid, signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    children.stop("deaf", timeout_s=0.2)
    assert child.exit_code == -signal.SIGKILL


def test_stopping_a_process_that_has_ended_is_harmless(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("over", ["--help"], {})
    child.wait(20)
    children.stop_all()
    children.check()


def test_ctrl_c_in_the_terminal_reaches_only_the_parent(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("apart", ["--help"], {})
    try:
        assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    finally:
        child.kill()
