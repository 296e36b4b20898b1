"""Cameras assigned among workers, and files that change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.worker_kit import camera
from vision.contracts import CameraState
from vision.supervisor import allocation_for
from vision.supervisor.assignment import CameraAssigner
from vision.worker.assignment import WatchedCamera


def cameras(*ids: str, **changes: object) -> dict[str, object]:
    return {camera_id: camera(camera_id, **changes) for camera_id in ids}


def test_cameras_are_assigned_evenly() -> None:
    assigner = CameraAssigner(2)
    assigner.update(cameras("a", "b", "c", "d"), {})
    assert [len(assigner.assignment(n).watched) for n in range(2)] == [2, 2]


def test_a_camera_with_a_higher_detection_rate_is_a_larger_load() -> None:
    assigner = CameraAssigner(2)
    assigner.update(cameras("a", detection={"fps": 30}) | cameras("b", "c", "d"), {})
    assert {frozenset(assigner.assignment(n).camera_ids()) for n in range(2)} == {
        frozenset({"a", "d"}),
        frozenset({"b", "c"}),
    }


def test_a_new_camera_moves_no_other() -> None:
    assigner = CameraAssigner(2)
    assigner.update(cameras("b", "c", "d"), {})
    before = [assigner.assignment(n).camera_ids() for n in range(2)]
    assigner.update(cameras("a", "b", "c", "d"), {})
    after = [assigner.assignment(n).camera_ids() for n in range(2)]
    assert all(old <= new for old, new in zip(before, after, strict=True))


def test_a_removed_camera_moves_no_other() -> None:
    assigner = CameraAssigner(2)
    assigner.update(cameras("a", "b", "c", "d"), {})
    before = [assigner.assignment(n).camera_ids() for n in range(2)]
    assigner.update(cameras("b", "c", "d"), {})
    assert [assigner.assignment(n).camera_ids() for n in range(2)] == [ids - {"a"} for ids in before]


def test_a_camera_by_its_last_good_version_runs_with_the_files_error() -> None:
    assigner = CameraAssigner(1)
    assigner.update(cameras("a"), {})
    assigner.update(cameras("a"), {"a": "a.yaml:3: detction: unknown key"})
    (watched,) = assigner.assignment(0).watched
    assert watched.camera == camera("a")
    assert "a.yaml:3" in watched.config_error
    assigner.update(cameras("a"), {"a": "a.yaml:4: another"})
    assert "a.yaml:4" in assigner.assignment(0).watched[0].config_error


def test_a_disabled_camera_stays_disabled_while_its_file_is_broken() -> None:
    assigner = CameraAssigner(1)
    assigner.update(cameras("a", enabled=False), {"a": "a.yaml:3: detction: unknown key"})
    (idle,) = assigner.assignment(0).idle
    assert (idle.state, idle.config_error) == (CameraState.STOPPED, "a.yaml:3: detction: unknown key")


def test_a_corrected_file_takes_effect_and_removes_the_error() -> None:
    assigner = CameraAssigner(1)
    assigner.update(cameras("a"), {})
    assigner.update(cameras("a"), {"a": "wrong"})
    corrected = camera("a", name="Ngã Tư Sở")
    assigner.update({"a": corrected}, {})
    assert assigner.assignment(0).watched == (WatchedCamera(camera=corrected),)


def test_a_file_that_was_never_valid_is_misconfigured() -> None:
    assigner = CameraAssigner(1)
    assigner.update({}, {"a": "a.yaml:1: no source"})
    (idle,) = assigner.assignment(0).idle
    assert (idle.state, idle.reason) == (CameraState.MISCONFIGURED, "a.yaml:1: no source")


def test_a_disabled_camera_is_idle() -> None:
    assigner = CameraAssigner(1)
    assigner.update(cameras("a", enabled=False), {})
    assert assigner.assignment(0).idle[0].state is CameraState.STOPPED


@given(st.lists(st.sets(st.sampled_from("abcdefghij")), max_size=8), st.integers(1, 4))
def test_every_camera_has_exactly_one_worker_whatever_changes(folders: list[set[str]], workers: int) -> None:
    assigner = CameraAssigner(workers)
    for ids in folders:
        assigner.update(cameras(*sorted(ids)), {})
        assigned = [i for n in range(workers) for i in assigner.assignment(n).camera_ids()]
        assert sorted(assigned) == sorted(ids)


@pytest.mark.parametrize(
    ("cameras", "cores", "gpu", "workers", "threads"),
    [(4, 2, False, 2, 1), (1, 2, False, 1, 2), (2, 16, False, 2, 8), (0, 4, False, 1, 4), (30, 16, True, 4, 4)],
)
def test_workers_and_threads_fit_the_machine(cameras: int, cores: int, gpu: bool, workers: int, threads: int) -> None:
    allocation = allocation_for(cameras, cores=cores, gpu=gpu)
    assert (allocation.workers, allocation.threads) == (workers, threads)


def test_given_workers_and_threads_are_used() -> None:
    allocation = allocation_for(4, cores=2, gpu=False, workers=3, threads=2)
    assert (allocation.workers, allocation.threads) == (3, 2)
