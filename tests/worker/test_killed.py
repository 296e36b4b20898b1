"""Redis, cameras and workers are killed while they work: no event is lost or published twice."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.kit.spine_kit import Spine, check_no_event_is_missing, lives, outboxes, spine
from tests.kit.worker_kit import until
from vision.contracts import CameraState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def stop_and_check_all_arrived(system: Spine) -> None:
    """Stop the workers; then no event waits and none is missing."""
    assert system.work is not None
    assert system.work.stop() == 0
    assert outboxes(system.state) == []
    check_no_event_is_missing(system.events())


def test_every_crossing_arrives_once_when_redis_is_killed_and_restarted(tmp_path: Path) -> None:
    with spine(tmp_path) as system:
        before = {c: len(system.crossings(c)) for c in system.ids}
        sessions = {e.session_id for e in system.crossings()}
        assert system.redis.pid is not None
        os.kill(system.redis.pid, signal.SIGKILL)
        until(lambda: system.work.lines("events wait in the outbox"), 10)
        time.sleep(3)
        assert outboxes(system.state)
        system.redis.stop()
        system.redis.start()
        for camera_id in system.ids:
            until(lambda c=camera_id: len(system.crossings(c)) >= before[c] + 5, 20)
        assert {e.session_id for e in system.crossings()} == sessions, "no camera was restarted"
        stop_and_check_all_arrived(system)


def test_a_camera_that_is_lost_and_returns_is_reported_and_affects_no_other(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1", "c2", "c3")) as system:
        system.simulators["c1"].stop(signal.SIGKILL)
        until(lambda: system.state_of("c1") in {CameraState.UNREACHABLE, CameraState.STALLED}, 15)
        system.wait_for_crossings(2, cameras=("c2", "c3"))
        system.simulate("c1")
        until(lambda: system.state_of("c1") == CameraState.ONLINE, 15)
        system.wait_for_crossings(2)
        health = system.health("c1")
        assert health is not None
        assert health.stats.reconnects >= 1
        for camera_id in system.ids:
            assert len({e.session_id for e in system.crossings(camera_id)}) == 1
        assert "unreachable" in {c.state for c in system.events("health_change", "c1")}
        assert [c.state for c in system.events("health_change", "c2")][-1] is CameraState.ONLINE
        blind = [r.quality.blind_s for r in system.events("flow_report", "c1")]
        assert max(blind) > 0.5
        stop_and_check_all_arrived(system)


def test_a_killed_worker_is_replaced_and_its_events_still_arrive(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1", "c2"), "--workers", "2") as system:
        pids = system.worker_pids()
        ours = {c: system.health(c).worker_id for c in system.ids}
        assert len(set(ours.values())) == 2
        os.kill(pids[ours["c1"]], signal.SIGKILL)
        sessions = {c: {e.session_id for e in system.crossings(c)} for c in system.ids}
        until(lambda: len({e.session_id for e in system.crossings("c1")}) == 2, 30)
        system.wait_for_crossings(2)
        assert {e.session_id for e in system.crossings("c2")} == sessions["c2"]
        assert system.worker_pids()[ours["c2"]] == pids[ours["c2"]]
        stop_and_check_all_arrived(system)


def test_a_hanging_worker_is_replaced(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as system:
        (pid,) = system.worker_pids().values()
        os.kill(pid, signal.SIGSTOP)
        until(lambda: system.work.lines("worker hangs, killing it"), 40)
        until(lambda: len({e.session_id for e in system.crossings("c1")}) == 2, 40)
        stop_and_check_all_arrived(system)


def test_workers_end_with_a_killed_supervisor_and_the_next_one_delivers_their_events(
    tmp_path: Path,
) -> None:
    with spine(tmp_path, ("c1",)) as system:
        (pid,) = system.worker_pids().values()
        system.work.popen.kill()
        system.work.popen.wait()
        until(lambda: not lives(pid), 20)
        sessions = {e.session_id for e in system.crossings()}
        system.start_work()
        until(lambda: {e.session_id for e in system.crossings()} > sessions, 30)
        stop_and_check_all_arrived(system)


def test_work_starts_without_redis_and_delivers_once_it_is_there(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as system:
        system.work.stop()
        system.redis.stop()
        arrived = system.work.lines("cameras assigned")
        system.start_work()
        until(lambda: len(system.work.lines("cameras assigned")) > len(arrived), 30)
        until(lambda: system.work.lines("events wait in the outbox"), 10)
        time.sleep(3)
        assert outboxes(system.state)
        system.redis.stop()
        system.redis.start()
        until(lambda: len({e.session_id for e in system.crossings()}) == 2, 20)
        stop_and_check_all_arrived(system)
