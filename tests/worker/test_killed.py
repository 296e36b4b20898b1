"""Redis, cameras and workers are killed while they work: no event is lost or published twice."""

import os
import signal
import time

import pytest

from tests.kit.spine_kit import Spine, check_no_event_is_missing, lives, outboxes
from tests.kit.worker_kit import until
from vision.contracts import CameraState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

QUICK_TOOL = [
    "-c",
    "import vision.supervisor.child as child; child.MAX_SILENCE_S = 4.0\nfrom vision.cli import main\nmain()",
]
"""`ngatu`, whose supervisor replaces a hanging worker after four seconds."""


def stop_and_check_all_arrived(system: Spine) -> None:
    """Stop the workers; then no event waits and none is missing."""
    assert system.work is not None
    assert system.work.stop() == 0
    assert outboxes(system.state) == []
    check_no_event_is_missing(system.events())


def test_every_crossing_arrives_once_when_redis_is_killed_and_restarted(system: Spine) -> None:
    before = {c: len(system.crossings(c)) for c in system.ids}
    sessions = {c: system.sessions(c) for c in system.ids}
    assert system.redis.pid is not None
    waiting = len(system.work.lines("events wait in the outbox"))
    os.kill(system.redis.pid, signal.SIGKILL)
    until(lambda: len(system.work.lines("events wait in the outbox")) > waiting, 10)
    time.sleep(2)
    assert outboxes(system.state)
    system.redis.stop()
    system.redis.start()
    for camera_id in system.ids:
        until(lambda c=camera_id: len(system.crossings(c)) >= before[c] + 5, 20)
    assert {c: system.sessions(c) for c in system.ids} == sessions, "no camera was restarted"
    stop_and_check_all_arrived(system)


def test_a_camera_that_is_lost_and_returns_is_reported_and_affects_no_other(system: Spine) -> None:
    sessions = {c: system.sessions(c) for c in system.ids}
    reported = len(system.events("flow_report", "c1"))
    changes = len(system.events("health_change", "c1"))
    system.simulators["c1"].stop(signal.SIGKILL)
    until(lambda: system.state_of("c1") in {CameraState.UNREACHABLE, CameraState.STALLED}, 15)
    system.wait_for_crossings(2, cameras=("c2",))
    system.simulate("c1")
    until(lambda: system.state_of("c1") == CameraState.ONLINE, 15)
    system.wait_for_crossings(2)
    health = system.health("c1")
    assert health is not None
    assert health.stats.reconnects >= 1
    assert {c: system.sessions(c) for c in system.ids} == sessions
    assert "unreachable" in {c.state for c in system.events("health_change", "c1")[changes:]}
    assert system.events("health_change", "c2")[-1].state is CameraState.ONLINE
    blind = [r.quality.blind_s for r in system.events("flow_report", "c1")[reported:]]
    assert max(blind) > 0.5
    check_no_event_is_missing(system.events())


def test_a_killed_worker_is_replaced_and_its_events_still_arrive(system: Spine) -> None:
    pids = system.worker_pids()
    worker_of = {c: system.health(c).worker_id for c in system.ids}
    assert len(set(worker_of.values())) == 2
    sessions = {c: system.sessions(c) for c in system.ids}
    os.kill(pids[worker_of["c1"]], signal.SIGKILL)
    until(lambda: system.sessions("c1") > sessions["c1"], 30)
    system.wait_for_crossings(2)
    assert system.sessions("c2") == sessions["c2"]
    assert system.worker_pids()[worker_of["c2"]] == pids[worker_of["c2"]]
    stop_and_check_all_arrived(system)


def test_a_hanging_worker_is_replaced(system: Spine) -> None:
    system.work.stop()
    system.start_work(tool=QUICK_TOOL)
    system.wait_for_crossings(1, within_s=60)
    sessions = system.sessions("c1")
    hanging = len(system.work.lines("worker hangs, killing it"))
    os.kill(system.worker_pids()[system.health("c1").worker_id], signal.SIGSTOP)
    until(lambda: len(system.work.lines("worker hangs, killing it")) > hanging, 40)
    until(lambda: system.sessions("c1") > sessions, 40)
    stop_and_check_all_arrived(system)


def test_workers_end_with_a_killed_supervisor_and_the_next_one_delivers_their_events(system: Spine) -> None:
    pids = system.worker_pids().values()
    system.work.popen.kill()
    system.work.popen.wait()
    until(lambda: not any(lives(pid) for pid in pids), 20)
    sessions = system.sessions("c1")
    system.start_work()
    until(lambda: system.sessions("c1") > sessions, 30)
    stop_and_check_all_arrived(system)


def test_work_starts_without_redis_and_delivers_once_it_is_there(system: Spine) -> None:
    system.work.stop()
    sessions = system.sessions("c1")
    system.redis.stop()
    assigned = len(system.work.lines("cameras assigned"))
    waiting = len(system.work.lines("events wait in the outbox"))
    system.start_work()
    until(lambda: len(system.work.lines("cameras assigned")) >= assigned + 2, 30)
    until(lambda: len(system.work.lines("events wait in the outbox")) >= waiting + 2, 10)
    time.sleep(2)
    assert outboxes(system.state)
    system.redis.start()
    until(lambda: len(system.sessions("c1")) == len(sessions) + 1, 20)
    stop_and_check_all_arrived(system)
