"""`ngatu work` from outside: changed camera files, signals, invalid settings."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.spine_kit import TOOL, Spine, check_no_event_is_missing, lives, make_model, outboxes
from tests.kit.worker_kit import until
from vision.cli import main
from vision.contracts import CameraState

pytestmark = [pytest.mark.timeout(180)]


@pytest.mark.slow
def test_a_changed_file_restarts_only_its_own_camera(system: Spine) -> None:
    before = {c: system.sessions(c) for c in system.ids}
    started = len(system.work.lines("worker started"))
    system.write("c1", name="Ngã Tư Sở")
    until(lambda: len(system.sessions("c1")) == len(before["c1"]) + 1, 20)
    system.wait_for_crossings(2)
    assert system.sessions("c2") == before["c2"]
    assert len(system.work.lines("worker started")) == started
    check_no_event_is_missing(system.events())


@pytest.mark.slow
def test_an_invalid_edit_leaves_the_camera_running_and_is_reported(system: Spine) -> None:
    before = system.sessions("c1")
    path = system.configs / "c1.yaml"
    good = path.read_text()
    path.write_text(good.replace('"detection"', '"detction"'))
    until(lambda: "detction" in (system.health("c1").reason or ""), 10)
    assert "c1.yaml:" in system.health("c1").reason
    assert system.work.lines("camera file invalid")
    system.wait_for_crossings(2)
    assert system.sessions("c1") == before
    path.write_text(good)
    until(lambda: system.health("c1").reason == "", 10)
    assert system.sessions("c1") == before, "the file is again the one that runs"


@pytest.mark.slow
def test_cameras_are_added_removed_and_disabled_while_others_run(system: Spine) -> None:
    before = {c: system.sessions(c) for c in system.ids}
    (system.configs / "wrong.yaml").write_text("id: wrong\n")
    until(lambda: system.state_of("wrong") == CameraState.MISCONFIGURED, 10)
    assert "wrong.yaml" in system.health("wrong").reason
    system.ports["c3"] = system.ports["c1"]
    system.write("c3")
    until(lambda: system.crossings("c3"), 20)
    (system.configs / "c3.yaml").unlink()
    until(lambda: system.events("health_change", "c3")[-1].state is CameraState.STOPPED, 10)
    assert system.sessions("c1") == before["c1"]
    system.write("c1", enabled=False)
    until(lambda: system.state_of("c1") == CameraState.STOPPED, 10)
    assert {c: system.sessions(c) for c in system.ids} == before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reports_begun_intervals_and_ends_with_exit_code_0(system: Spine, number: int) -> None:
    pids = list(system.worker_pids().values())
    assert system.work.stop(number) == 0
    assert not any(lives(pid) for pid in pids)
    assert outboxes(system.state) == []
    for camera_id in system.ids:
        session = system.events(camera_id=camera_id)[-1].session_id
        events = [event for event in system.events(camera_id=camera_id) if event.session_id == session]
        assert events[-1].kind == "health_change"
        assert events[-1].state is CameraState.STOPPED
        counted = sum(c.into + c.out for e in events if e.kind == "flow_report" for c in e.counts)
        assert counted == sum(event.kind == "line_crossing" for event in events) > 0
    check_no_event_is_missing(system.events())


@pytest.mark.slow
def test_a_second_signal_ends_at_once(system: Spine) -> None:
    pids = list(system.worker_pids().values())
    stopping = len(system.work.lines("stopping workers"))
    os.kill(pids[0], signal.SIGSTOP)
    system.work.popen.send_signal(signal.SIGTERM)
    until(lambda: len(system.work.lines("stopping workers")) > stopping, 10)
    assert system.work.stop(signal.SIGTERM, within_s=5) == 1
    assert not any(lives(pid) for pid in pids)


@pytest.mark.slow
def test_threads_and_memory_stay_bounded_over_reconnections(system: Spine) -> None:
    pid = system.worker_pids()[system.health("c1").worker_id]

    def threads() -> int:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))

    def resident_mb() -> float:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6

    def disconnect_and_reconnect() -> None:
        system.simulators["c1"].stop(signal.SIGKILL)
        until(lambda: system.state_of("c1") != CameraState.ONLINE, 15)
        system.simulate("c1")
        until(lambda: system.state_of("c1") == CameraState.ONLINE, 15)

    disconnect_and_reconnect()
    began_threads, began_mb = threads(), resident_mb()
    for _ in range(3):
        disconnect_and_reconnect()
    until(lambda: threads() <= began_threads + 1, 10, "threads")
    assert resident_mb() < began_mb + 25


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *TOOL, "work", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--cameras", "nowhere", "no such folder"),
        ("--model", "nowhere.onnx", "nowhere.onnx"),
        ("--redis", "http://127.0.0.1", "Redis address"),
        ("--provider", "tpu", "provider"),
    ],
)
def test_each_invalid_setting_ends_with_an_error_that_names_it(  # noqa: PLR0917
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    option: str,
    value: str,
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    model = str(make_model(tmp_path / "squares.onnx"))
    good = ["--cameras", str(tmp_path), "--state", str(tmp_path / "state"), "--model", model]
    monkeypatch.setattr(sys, "argv", ["ngatu", "work", *good, option, value])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert named in capfd.readouterr().err


def test_a_model_that_cannot_be_used_is_refused_before_any_worker_starts(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    done = run("--cameras", str(tmp_path), "--state", str(tmp_path / "state"), "--model", str(broken))
    assert done.returncode == 1
    assert "broken.onnx (11 bytes): not a complete ONNX model" in done.stderr
    assert "worker started" not in done.stderr
