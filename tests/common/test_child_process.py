"""Child processes: their output, their end, and that nothing of them is left."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from vision.common.child_process import PIPE, ChildProcess, ChildTimeoutError, last_line, run, tail

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_run_returns_exit_code_and_both_outputs() -> None:
    done = run(python("import sys; print('out'); print('one\\ntwo\\n', file=sys.stderr); sys.exit(3)"))
    assert (done.exit_code, done.stdout, done.reason) == (3, "out\n", "two")


def test_run_uses_the_given_environment_and_folder(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('GIVEN'), os.getcwd())"
    assert run(python(code), environment={"GIVEN": "yes"}, folder=tmp_path).stdout == f"yes {tmp_path}\n"


def test_run_stops_a_program_that_takes_too_long() -> None:
    with pytest.raises(ChildTimeoutError):
        run(python("import time; time.sleep(60)"), timeout_s=0.1)


def test_a_program_that_is_missing_raises_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        run(["/nowhere/no-such-program"])


def test_output_that_is_no_utf8_is_read() -> None:
    assert run(python("import sys; sys.stdout.buffer.write(b'a\\xffb')")).stdout == "a\ufffdb"


def test_lines_come_while_the_program_runs() -> None:
    with ChildProcess(python("print('ready', flush=True); input()"), stdin=PIPE, stdout=PIPE) as child:
        assert next(child.lines()) == "ready\n"
        assert child.exit_code is None


def test_a_child_has_a_process_group_of_its_own() -> None:
    with ChildProcess(python("import time; time.sleep(60)")) as child:
        assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_leaving_the_block_terminates_the_child() -> None:
    with ChildProcess(python("import time; time.sleep(60)")) as child:
        pass
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_ignores_sigterm_is_killed() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with ChildProcess(python(code), stdout=PIPE) as child:
        next(child.lines())
        assert child.stop(within_s=0.1) == -signal.SIGKILL


def test_kill_ends_the_childs_own_children() -> None:
    with ChildProcess(python(PARENT), stdout=PIPE) as child:
        grandchild = int(next(child.lines()))
        assert runs(grandchild)
        child.kill()
    deadline_s = time.monotonic() + 5
    while runs(grandchild) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert not runs(grandchild)


def test_stopping_a_child_that_has_ended_is_harmless() -> None:
    child = ChildProcess(python(""))
    child.wait(20)
    assert child.stop() == child.stop() == 0


def test_last_line_skips_blank_lines() -> None:
    assert last_line("first\n  why  \n\n") == "why"
    assert last_line(" \n") == "it gave no reason"


def test_tail_is_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nth\xffree\n")
    assert tail(log, 2) == ["two", "th\ufffdree"]
