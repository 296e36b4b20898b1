"""`ngatu work` as people use it: files that change, signals, wrong settings."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.spine_kit import TOOL, Spine, check_that_nothing_is_missing, lives, make_model, outboxes, spine
from tests.kit.worker_kit import until
from vision.contracts import CameraState

pytestmark = [pytest.mark.timeout(180)]


def sessions(road: Spine, camera_id: str) -> set[str]:
    return {e.session_id for e in road.events(camera_id=camera_id)}


@pytest.mark.slow
def test_a_changed_file_begins_its_own_camera_anew_and_touches_no_other(tmp_path: Path) -> None:
    with spine(tmp_path) as road:
        before = sessions(road, "c2")
        road.write("c1", name="Ngã Tư Sở")
        until(lambda: len(sessions(road, "c1")) == 2, 20)
        road.wait_for_crossings(2)
        assert sessions(road, "c2") == before
        assert len(road.work.lines("worker started")) == len(road.worker_pids())
        assert road.work.stop() == 0
        check_that_nothing_is_missing(road.events())


@pytest.mark.slow
def test_a_file_that_an_edit_breaks_leaves_its_camera_running_and_says_what_is_wrong(tmp_path: Path) -> None:
    with spine(tmp_path) as road:
        before = sessions(road, "c1")
        path = road.configs / "c1.yaml"
        good = path.read_text()
        path.write_text(good.replace('"detection"', '"detction"'))
        until(lambda: "detction" in (road.health("c1").reason or ""), 10)
        assert "c1.yaml:" in road.health("c1").reason
        assert road.work.lines("camera file is wrong")
        road.wait_for_crossings(2)
        assert sessions(road, "c1") == before
        path.write_text(good)
        until(lambda: road.health("c1").reason == "", 10)
        assert sessions(road, "c1") == before, "the file says again what already runs"


@pytest.mark.slow
def test_cameras_are_added_removed_and_found_wrong_while_the_others_run(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as road:
        before = sessions(road, "c1")
        (road.configs / "wrong.yaml").write_text("id: wrong\n")
        until(lambda: road.state_of("wrong") == CameraState.MISCONFIGURED, 10)
        assert "wrong.yaml" in road.health("wrong").reason
        road.ports["c2"] = road.ports["c1"]
        road.write("c2")
        until(lambda: road.crossings("c2"), 20)
        (road.configs / "c2.yaml").unlink()
        until(lambda: road.events("health_change", "c2")[-1].state is CameraState.STOPPED, 10)
        road.write("c1", enabled=False)
        until(lambda: road.state_of("c1") == CameraState.STOPPED, 10)
        assert sessions(road, "c1") == before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_reports_what_has_begun_and_ends_with_zero(tmp_path: Path, number: int) -> None:
    with spine(tmp_path) as road:
        pids = list(road.worker_pids().values())
        assert road.work.stop(number) == 0
        assert not any(lives(pid) for pid in pids)
        assert outboxes(road.state) == []
        for camera_id in road.ids:
            told = road.events(camera_id=camera_id)
            assert told[-1].kind == "health_change"
            assert told[-1].state is CameraState.STOPPED
            counted = sum(c.into + c.out for e in told if e.kind == "flow_report" for c in e.counts)
            assert counted == len(road.crossings(camera_id)) > 0
        check_that_nothing_is_missing(road.events())


@pytest.mark.slow
def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as road:
        (pid,) = road.worker_pids().values()
        os.kill(pid, signal.SIGSTOP)
        road.work.popen.send_signal(signal.SIGTERM)
        until(lambda: road.work.lines("draining"), 10)
        assert road.work.stop(signal.SIGTERM, within_s=5) == 1
        assert not lives(pid)


@pytest.mark.slow
def test_threads_and_memory_stay_bounded_over_reconnections(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as road:
        (pid,) = road.worker_pids().values()

        def threads() -> int:
            return len(list(Path(f"/proc/{pid}/task").iterdir()))

        def resident_mb() -> float:
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6

        def go_away_and_come_back() -> None:
            road.simulators["c1"].stop(signal.SIGKILL)
            until(lambda: road.state_of("c1") != CameraState.ONLINE, 15)
            road.simulate("c1")
            until(lambda: road.state_of("c1") == CameraState.ONLINE, 15)

        go_away_and_come_back()
        began_threads, began_mb = threads(), resident_mb()
        for _ in range(3):
            go_away_and_come_back()
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


def test_wrong_settings_end_with_a_sentence_that_names_them(tmp_path: Path) -> None:
    model = str(make_model(tmp_path / "squares.onnx"))
    good = ["--cameras", str(tmp_path), "--state", str(tmp_path / "state"), "--model", model]
    wrong = {
        "no such folder": [*good, "--cameras", str(tmp_path / "nowhere")],
        "nowhere.onnx": [*good, "--model", str(tmp_path / "nowhere.onnx")],
        "Redis address": [*good, "--redis", "http://127.0.0.1"],
        "provider": [*good, "--provider", "tpu"],
    }
    for sentence, arguments in wrong.items():
        done = run(*arguments)
        assert done.returncode == 1, sentence
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def test_a_model_that_no_worker_can_load_ends_the_work_instead_of_trying_for_ever(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    done = run("--cameras", str(tmp_path), "--state", str(tmp_path / "state"), "--model", str(broken))
    assert done.returncode == 1
    assert "cannot start" in done.stderr
    said = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("broken.onnx" in str(line.get("reason")) for line in said)
