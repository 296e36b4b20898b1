"""A folder of camera files: the last good version of each stays in force, whatever happens to files and folder."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from vision.config.errors import ConfigError
from vision.config.files.folder import GRACE_S, MAX_PROBLEM_LENGTH, STAYS, CameraFolder, FolderWatch, require_folder

GOOD = "id: {id}\nname: {name}\nsource: {{kind: file, path: a.mp4}}\n"


def write(folder: Path, camera_id: str, name: str = "first") -> Path:
    path = folder / f"{camera_id}.yaml"
    path.write_text(GOOD.format(id=camera_id, name=name))
    return path


def break_file(path: Path) -> None:
    path.write_text(path.read_text() + "nname: x\n")


class Watched:
    """A watched folder whose clock the test turns; each poll is a second later."""

    def __init__(self, path: Path, state: Path | None = None) -> None:
        self.now_s = 100.0
        self.path = path
        self.watch = FolderWatch(path, state=state, monotonic=lambda: self.now_s)
        self.watch.poll()

    def poll(self, seconds: int = 2) -> CameraFolder:
        """The folder after so many seconds."""
        for _ in range(seconds):
            self.now_s += 1
            self.watch.poll()
        return self.watch.now

    def names(self) -> dict[str, str]:
        return {camera.id: camera.name for camera in self.watch.now.cameras.values()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "cameras"
    path.mkdir()
    write(path, "a")
    write(path, "b")
    return path


def test_a_broken_file_leaves_its_last_good_version_in_force_with_the_error_beside_it(folder: Path) -> None:
    watched = Watched(folder)
    break_file(folder / "a.yaml")
    now = watched.poll()
    assert watched.names() == {"a": "first", "b": "first"}
    assert now.problems == {"a": f"a.yaml:4: nname: unknown key `nname`: did you mean `name`?; {STAYS}"}
    assert (now.problem("a"), now.problem("b")) == (now.problems["a"], "")
    write(folder, "a", "second")
    assert not watched.poll().problems
    assert watched.names() == {"a": "second", "b": "first"}


def test_a_file_that_was_never_good_gives_no_camera(folder: Path) -> None:
    (folder / "c.yaml").write_text("id: c\n")
    now = Watched(folder).watch.now
    assert "c" not in now.cameras
    assert STAYS not in now.problems["c"]


def test_the_last_good_version_is_in_force_after_a_restart(folder: Path, tmp_path: Path) -> None:
    watched = Watched(folder, tmp_path / "state")
    write(folder, "a", "second")
    watched.poll()
    break_file(folder / "a.yaml")
    watched.poll()
    for restarted in (Watched(folder, tmp_path / "state"), Watched(folder, tmp_path / "state")):
        assert restarted.names() == {"a": "second", "b": "first"}
        assert STAYS in restarted.watch.now.problems["a"]


def test_another_folder_does_not_use_this_ones_versions(folder: Path, tmp_path: Path) -> None:
    Watched(folder, tmp_path / "state")
    other = tmp_path / "other"
    other.mkdir()
    break_file(write(other, "a"))
    assert Watched(other, tmp_path / "state").names() == {}


def test_kept_versions_may_hold_passwords_and_are_for_their_owner_only(folder: Path, tmp_path: Path) -> None:
    Watched(folder, tmp_path / "state")
    (kept,) = (tmp_path / "state").rglob("a.yaml")
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_state_folder_that_cannot_be_written_is_logged_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with capture_logs() as logs:
        watched = Watched(folder, tmp_path / "state")
    assert watched.names() == {"a": "first", "b": "first"}
    assert [line["event"] for line in logs].count("copies of camera files not kept") == 1


@pytest.mark.parametrize("seconds", [1, 2, 4])
@pytest.mark.parametrize(
    ("vanish", "come_back"),
    [
        (lambda path: path.rename(path.with_name("away")), lambda path: path.with_name("away").rename(path)),
        (
            lambda path: shutil.move(path / "a.yaml", path.parent),
            lambda path: shutil.move(path.parent / "a.yaml", path),
        ),
        (shutil.rmtree, lambda path: (path.mkdir(), write(path, "a"), write(path, "b"))),
    ],
    ids=["folder", "file", "checkout"],
)
def test_what_vanishes_for_a_moment_changes_nothing(
    folder: Path, vanish: Callable[[Path], object], come_back: Callable[[Path], object], seconds: int
) -> None:
    watched = Watched(folder)
    before = watched.watch.now
    vanish(folder)
    assert watched.poll(seconds) == before
    come_back(folder)
    assert watched.poll(20) == before


def test_a_folder_that_stays_away_is_an_error_and_its_cameras_stay(folder: Path) -> None:
    watched = Watched(folder)
    folder.rename(folder.with_name("away"))
    with capture_logs() as logs:
        now = watched.poll(60)
    assert f"folder {folder}: No such file or directory" in now.trouble
    assert now.problem("a") == now.trouble
    assert watched.names() == {"a": "first", "b": "first"}
    assert [line["event"] for line in logs].count("camera files cannot be read, cameras stay as they are") == 1
    folder.with_name("away").rename(folder)
    assert not watched.poll(1).trouble


def test_an_empty_folder_in_the_place_of_another_removes_no_camera(folder: Path) -> None:
    """As where a network disk is unmounted."""
    watched = Watched(folder)
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    now = watched.poll(60)
    assert "another folder now, without camera files" in now.trouble
    assert watched.names() == {"a": "first", "b": "first"}


def test_a_removed_file_is_a_removed_camera_after_the_grace_time(folder: Path, tmp_path: Path) -> None:
    watched = Watched(folder, tmp_path / "state")
    (folder / "a.yaml").unlink()
    watched.poll(int(GRACE_S))
    assert watched.names() == {"a": "first", "b": "first"}
    watched.poll(2)
    assert watched.names() == {"b": "first"}
    assert not list((tmp_path / "state").rglob("a.yaml"))


def test_the_last_file_can_be_removed_too(folder: Path) -> None:
    watched = Watched(folder)
    for path in folder.iterdir():
        path.unlink()
    now = watched.poll(int(GRACE_S) + 2)
    assert (now.cameras, now.trouble) == ({}, "")


def test_a_folder_that_is_away_at_the_start_is_an_error_at_once_and_kept_versions_are_in_force(
    folder: Path, tmp_path: Path
) -> None:
    Watched(folder, tmp_path / "state")
    folder.rename(folder.with_name("away"))
    watched = Watched(folder, tmp_path / "state")
    assert "No such file" in watched.watch.now.trouble
    assert watched.names() == {"a": "first", "b": "first"}
    folder.with_name("away").rename(folder)
    assert not watched.poll().trouble


def test_a_renamed_suffix_replaces_the_file_without_a_gap(folder: Path) -> None:
    watched = Watched(folder)
    (folder / "a.yaml").rename(folder / "a.yml")
    for _ in range(20):
        now = watched.poll(1)
        assert watched.names() == {"a": "first", "b": "first"}
    assert not now.problems


def test_of_two_files_with_one_id_the_first_is_used_and_the_second_is_named(folder: Path) -> None:
    (folder / "a.yml").write_text(GOOD.format(id="a", name="other"))
    now = Watched(folder).watch.now
    assert now.cameras["a"].name == "first"
    assert now.problems["a"] == "a.yml: a.yaml has this id already: delete or rename one"


def test_a_file_that_is_still_being_written_is_not_read(folder: Path) -> None:
    watched = Watched(folder)
    for step in range(3):
        path = write(folder, "a", f"step {step}")
        os.utime(path, ns=(step, step))
        watched.poll(1)
        assert watched.names()["a"] == "first"
    watched.poll(1)
    assert watched.names()["a"] == "step 2"


def test_a_file_that_breaks_the_reader_itself_affects_only_its_camera(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(folder)

    def fail(_content: bytes, path: Path) -> None:
        raise RuntimeError(f"{path.name}: rtsp://admin:hunter2@192.0.2.7/s")

    monkeypatch.setattr("vision.config.files.folder.camera_of", fail)
    write(folder, "a", "second")
    now = watched.poll()
    assert watched.names() == {"a": "first", "b": "first"}
    assert "cannot be read (RuntimeError" in now.problems["a"]
    assert "hunter2" not in now.problems["a"]


def test_an_unchanged_folder_is_no_change(folder: Path) -> None:
    watched = Watched(folder)
    assert not watched.watch.poll()
    write(folder, "c")
    assert [watched.watch.poll() for _ in range(4)] == [False, True, False, False]


def test_many_mistakes_in_a_file_are_a_short_text(folder: Path) -> None:
    (folder / "a.yaml").write_text(GOOD.format(id="a", name="x") + "".join(f"key{n}: {n}\n" for n in range(5000)))
    problem = Watched(folder).watch.now.problems["a"]
    assert "and 4995 more" in problem
    assert len(problem) <= MAX_PROBLEM_LENGTH


@given(st.lists(st.sampled_from(["good", "break", "vanish", "wait"]), max_size=12))
def test_a_camera_is_in_force_until_its_file_is_gone_for_the_grace_time(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("cameras")
    watched, version, gone_s = Watched(folder), 0, 0
    write(folder, "a", "v0")
    watched.poll()
    for step in steps:
        if step == "good":
            version += 1
            write(folder, "a", f"v{version}")
        elif step == "break" and (folder / "a.yaml").exists():
            break_file(folder / "a.yaml")
        elif step == "vanish":
            (folder / "a.yaml").unlink(missing_ok=True)
        watched.poll(2)
        gone_s = 0 if (folder / "a.yaml").exists() else gone_s + 2
        if gone_s <= GRACE_S:
            assert watched.names() == {"a": f"v{version}"}
        elif gone_s > GRACE_S + 1:
            assert watched.names() == {}
            break


def test_a_missing_folder_is_refused_at_the_start_unless_its_cameras_are_known(folder: Path, tmp_path: Path) -> None:
    require_folder(folder, tmp_path / "state")
    Watched(folder, tmp_path / "state")
    folder.rename(folder.with_name("away"))
    require_folder(folder, tmp_path / "state")
    with pytest.raises(ConfigError, match="there is no such folder: name the folder that holds the camera files"):
        require_folder(tmp_path / "nothere", tmp_path / "state")
