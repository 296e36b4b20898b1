"""Redis, cameras and workers die in the middle of the work and come back: nothing is lost, nothing is told twice."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.kit.spine_kit import Spine, check_that_nothing_is_missing, lives, outboxes, spine
from tests.kit.worker_kit import until
from vision.contracts import CameraState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def check_all_arrived(road: Spine) -> None:
    """After the workers drained: no event waits, and none of those that were made is missing."""
    assert road.work is not None
    assert road.work.stop() == 0
    assert outboxes(road.state) == []
    check_that_nothing_is_missing(road.events())


def test_every_crossing_arrives_once_when_redis_is_killed_and_comes_back(tmp_path: Path) -> None:
    with spine(tmp_path) as road:
        before = {c: len(road.crossings(c)) for c in road.ids}
        sessions = {e.session_id for e in road.crossings()}
        assert road.redis.pid is not None
        os.kill(road.redis.pid, signal.SIGKILL)
        until(lambda: road.work.lines("events wait in the outbox"), 10)
        time.sleep(3)
        assert outboxes(road.state)
        road.redis.stop()
        road.redis.start()
        for camera_id in road.ids:
            until(lambda c=camera_id: len(road.crossings(c)) >= before[c] + 5, 20)
        assert {e.session_id for e in road.crossings()} == sessions, "no camera began anew"
        check_all_arrived(road)


def test_a_camera_that_dies_and_comes_back_is_told_and_disturbs_no_other(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1", "c2", "c3")) as road:
        road.simulators["c1"].stop(signal.SIGKILL)
        until(lambda: road.state_of("c1") in {CameraState.UNREACHABLE, CameraState.STALLED}, 15)
        road.wait_for_crossings(2, cameras=("c2", "c3"))
        road.simulate("c1")
        until(lambda: road.state_of("c1") == CameraState.ONLINE, 15)
        road.wait_for_crossings(2)
        health = road.health("c1")
        assert health is not None
        assert health.stats.reconnects >= 1
        for camera_id in road.ids:
            assert len({e.session_id for e in road.crossings(camera_id)}) == 1
        assert "unreachable" in {c.state for c in road.events("health_change", "c1")}
        assert [c.state for c in road.events("health_change", "c2")][-1] is CameraState.ONLINE
        blind = [r.quality.blind_s for r in road.events("flow_report", "c1")]
        assert max(blind) > 0.5
        check_all_arrived(road)


def test_a_worker_that_is_killed_is_replaced_and_its_events_still_arrive(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1", "c2"), "--workers", "2") as road:
        pids = road.worker_pids()
        ours = {c: road.health(c).worker_id for c in road.ids}
        assert len(set(ours.values())) == 2
        os.kill(pids[ours["c1"]], signal.SIGKILL)
        sessions = {c: {e.session_id for e in road.crossings(c)} for c in road.ids}
        until(lambda: len({e.session_id for e in road.crossings("c1")}) == 2, 30)
        road.wait_for_crossings(2)
        assert {e.session_id for e in road.crossings("c2")} == sessions["c2"]
        assert road.worker_pids()[ours["c2"]] == pids[ours["c2"]]
        check_all_arrived(road)


def test_a_worker_that_hangs_is_replaced(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as road:
        (pid,) = road.worker_pids().values()
        os.kill(pid, signal.SIGSTOP)
        until(lambda: road.work.lines("worker hangs: it is ended"), 40)
        until(lambda: len({e.session_id for e in road.crossings("c1")}) == 2, 40)
        check_all_arrived(road)


def test_workers_do_not_outlive_a_supervisor_that_is_killed_and_its_successor_delivers_what_they_left(
    tmp_path: Path,
) -> None:
    with spine(tmp_path, ("c1",)) as road:
        (pid,) = road.worker_pids().values()
        road.work.popen.kill()
        road.work.popen.wait()
        until(lambda: not lives(pid), 20)
        sessions = {e.session_id for e in road.crossings()}
        road.start_work()
        until(lambda: {e.session_id for e in road.crossings()} > sessions, 30)
        check_all_arrived(road)


def test_work_begins_without_redis_and_delivers_when_it_comes(tmp_path: Path) -> None:
    with spine(tmp_path, ("c1",)) as road:
        road.work.stop()
        road.redis.stop()
        arrived = road.work.lines("assigned")
        road.start_work()
        until(lambda: len(road.work.lines("assigned")) > len(arrived), 30)
        until(lambda: road.work.lines("events wait in the outbox"), 10)
        time.sleep(3)
        assert outboxes(road.state)
        road.redis.stop()
        road.redis.start()
        until(lambda: len({e.session_id for e in road.crossings()}) == 2, 20)
        check_all_arrived(road)
