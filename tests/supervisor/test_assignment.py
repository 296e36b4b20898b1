"""Cameras dealt among workers, and files that change."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.worker_kit import camera
from vision.contracts import CameraState
from vision.supervisor import Folder, FolderWatch, staff_for
from vision.supervisor.assignment import CameraAssigner
from vision.worker.assignment import Watched


def cameras(*ids: str, **changes: object) -> dict[str, object]:
    return {camera_id: camera(camera_id, **changes) for camera_id in ids}


def test_cameras_are_shared_out_evenly() -> None:
    roster = CameraAssigner(2)
    roster.update(cameras("a", "b", "c", "d"), {})
    assert [len(roster.assignment(n).watched) for n in range(2)] == [2, 2]


def test_a_faster_camera_weighs_more() -> None:
    roster = CameraAssigner(2)
    roster.update(cameras("a", detection={"fps": 30}) | cameras("b", "c", "d"), {})
    assert {frozenset(roster.assignment(n).camera_ids()) for n in range(2)} == {
        frozenset({"a", "d"}),
        frozenset({"b", "c"}),
    }


def test_a_new_camera_moves_no_other() -> None:
    roster = CameraAssigner(2)
    roster.update(cameras("b", "c", "d"), {})
    before = [roster.assignment(n).camera_ids() for n in range(2)]
    roster.update(cameras("a", "b", "c", "d"), {})
    after = [roster.assignment(n).camera_ids() for n in range(2)]
    assert all(old <= new for old, new in zip(before, after, strict=True))


def test_a_removed_camera_moves_no_other() -> None:
    roster = CameraAssigner(2)
    roster.update(cameras("a", "b", "c", "d"), {})
    before = [roster.assignment(n).camera_ids() for n in range(2)]
    roster.update(cameras("b", "c", "d"), {})
    assert [roster.assignment(n).camera_ids() for n in range(2)] == [ids - {"a"} for ids in before]


def test_a_broken_file_leaves_its_camera_running_as_it_was_and_says_why() -> None:
    roster = CameraAssigner(1)
    roster.update(cameras("a"), {})
    roster.update({}, {"a": "a.yaml:3: detction: unknown key"})
    (watched,) = roster.assignment(0).watched
    assert watched.camera == camera("a")
    assert "a.yaml:3" in watched.remark
    roster.update({}, {"a": "a.yaml:4: another"})
    assert "a.yaml:4" in roster.assignment(0).watched[0].remark


def test_a_mended_file_takes_effect_and_its_remark_goes() -> None:
    roster = CameraAssigner(1)
    roster.update(cameras("a"), {})
    roster.update({}, {"a": "wrong"})
    mended = camera("a", name="Ngã Tư Sở")
    roster.update({"a": mended}, {})
    assert roster.assignment(0).watched == (Watched(camera=mended),)


def test_a_file_that_was_never_sound_is_told_as_misconfigured() -> None:
    roster = CameraAssigner(1)
    roster.update({}, {"a": "a.yaml:1: no source"})
    (resting,) = roster.assignment(0).resting
    assert (resting.state, resting.reason) == (CameraState.MISCONFIGURED, "a.yaml:1: no source")


def test_a_camera_that_is_switched_off_rests() -> None:
    roster = CameraAssigner(1)
    roster.update(cameras("a", enabled=False), {})
    assert roster.assignment(0).resting[0].state is CameraState.STOPPED


@given(st.lists(st.sets(st.sampled_from("abcdefghij")), max_size=8), st.integers(1, 4))
def test_every_camera_has_exactly_one_worker_whatever_changes(folders: list[set[str]], workers: int) -> None:
    roster = CameraAssigner(workers)
    for ids in folders:
        roster.update(cameras(*sorted(ids)), {})
        dealt = [i for n in range(workers) for i in roster.assignment(n).camera_ids()]
        assert sorted(dealt) == sorted(ids)


@pytest.mark.parametrize(
    ("cameras", "cores", "gpu", "workers", "threads"),
    [(4, 2, False, 2, 1), (1, 2, False, 1, 2), (2, 16, False, 2, 8), (0, 4, False, 1, 4), (30, 16, True, 4, 4)],
)
def test_the_staff_fits_the_machine(cameras: int, cores: int, gpu: bool, workers: int, threads: int) -> None:
    staff = staff_for(cameras, cores=cores, gpu=gpu)
    assert (staff.workers, staff.threads) == (workers, threads)


def test_the_staff_is_what_was_asked_for() -> None:
    staff = staff_for(4, cores=2, gpu=False, workers=3, threads=2)
    assert (staff.workers, staff.threads) == (3, 2)


@pytest.fixture
def watch(tmp_path: Path) -> tuple[Path, FolderWatch]:
    return tmp_path, FolderWatch(tmp_path, names_in)


def names_in(path: Path) -> Folder:
    return Folder(problems={file.stem: file.read_text() for file in path.glob("*.yaml")})


def looks(watch: FolderWatch, times: int = 3) -> list[Folder]:
    return [folder for folder in (watch.look() for _ in range(times)) if folder is not None]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "a.yaml").write_text("other"),
        lambda path: (path / "b.yaml").write_text("new"),
        lambda path: (path / "a.yaml").unlink(),
        lambda path: (path / "a.yaml").rename(path / "c.yaml"),
    ],
)
def test_each_change_of_the_folder_is_noticed_once(
    watch: tuple[Path, FolderWatch], change: Callable[[Path], object]
) -> None:
    path, folder = watch
    (path / "a.yaml").write_text("first")
    folder.read()
    assert looks(folder) == []
    change(path)
    assert len(looks(folder)) == 1


def test_a_file_that_is_still_being_written_is_left_alone(watch: tuple[Path, FolderWatch]) -> None:
    path, folder = watch
    (path / "a.yaml").write_text("first")
    folder.read()
    for step in range(3):
        (path / "a.yaml").write_text("x" * step)
        os.utime(path / "a.yaml", ns=(step, step))
        assert folder.look() is None
    assert folder.look() is not None
