"""Saving a camera file changes what was meant, and nothing else."""

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig, DetectionConfig, TrackingConfig
from vision.config.errors import ConfigError
from vision.config.files.loading import load_camera
from vision.config.files.saving import save_camera
from vision.config.lines import Anchor, LineConfig, MovementConfig
from vision.config.sources import FileSource, RtspSource, Transport

COMMENTED = """\
---
# Kept by the night shift.
id: nts-01   # the file's name
name: 'Ngã tư Sở'

source:
    kind: rtsp
    url: "rtsp://${U}:${P}@192.0.2.10/live"  # the sub-stream

# Lines, from north to south.
lines:
-   id: north   # first
    # where it starts
    start: [0.10,   0.20]
    end: [0.3, 0.4]

# Since the new lane.
-   id: middle
    start: [0.10, 0.20]
    end: [0.5, 0.9]
# By the school.
-   id: south
    start:
    - 0.10
    - 0.20
    end: [0.5, 0.9]
interval: 00:01:00
# The end.
"""


@pytest.fixture
def camera_file(tmp_path: Path) -> Path:
    path = tmp_path / "nts-01.yaml"
    path.write_text(COMMENTED, encoding="utf-8")
    return path


def all_lines(path: Path) -> list[dict[str, Any]]:
    return [{"id": line.id} for line in load_camera(path).lines]


def test_saving_no_change_changes_no_byte(camera_file: Path) -> None:
    save_camera(camera_file, {})
    assert camera_file.read_text(encoding="utf-8") == COMMENTED


def test_a_value_changes_and_every_other_byte_stays(camera_file: Path) -> None:
    camera = save_camera(
        camera_file,
        {"name": "Ngã tư Vọng", "lines": [{"id": "north", "end": [0.35, 0.4]}, {"id": "middle"}, {"id": "south"}]},
    )
    expected = COMMENTED.replace("'Ngã tư Sở'", "Ngã tư Vọng").replace("[0.3, 0.4]", "[0.35, 0.4]")
    assert camera_file.read_text(encoding="utf-8") == expected
    assert camera == load_camera(camera_file)


def test_removing_a_line_removes_its_own_comment_only(camera_file: Path) -> None:
    save_camera(camera_file, {"lines": [{"id": "north"}, {"id": "south"}]})
    gone = "# Since the new lane.\n-   id: middle\n    start: [0.10, 0.20]\n    end: [0.5, 0.9]\n"
    kept = sorted(COMMENTED.replace(gone, "").splitlines())
    assert sorted(camera_file.read_text(encoding="utf-8").splitlines()) == kept


def test_reordered_lines_keep_their_comments(camera_file: Path) -> None:
    save_camera(camera_file, {"lines": [{"id": "south"}, {"id": "middle"}, {"id": "north"}]})
    text = camera_file.read_text(encoding="utf-8")
    assert [line["id"] for line in all_lines(camera_file)] == ["south", "middle", "north"]
    assert "# By the school.\n-   id: south" in text
    assert "# Since the new lane.\n-   id: middle" in text
    assert sorted(text.splitlines()) == sorted(COMMENTED.splitlines())


def test_a_new_line_is_formatted_like_the_others(camera_file: Path) -> None:
    save_camera(camera_file, {"lines": [*all_lines(camera_file), {"id": "east", "start": [0, 0.5], "end": [1, 0.5]}]})
    assert (
        "    end: [0.5, 0.9]\n-   id: east\n    start: [0, 0.5]\n    end: [1, 0.5]\ninterval:"
        in camera_file.read_text(encoding="utf-8")
    )


def test_a_key_with_none_is_removed_and_the_final_comment_stays(camera_file: Path) -> None:
    save_camera(camera_file, {"interval": None})
    text = camera_file.read_text(encoding="utf-8")
    assert "interval" not in text
    assert text.endswith("# The end.\n")


def test_a_source_of_another_kind_replaces_the_old_one(camera_file: Path) -> None:
    camera = save_camera(camera_file, {"source": {"kind": "file", "path": "a.mp4"}})
    assert isinstance(camera.source, FileSource)
    assert "url" not in camera_file.read_text(encoding="utf-8")


def test_a_file_in_flow_style_is_edited_too(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "# comment\nid: a\nsource: {kind: file, path: x.mp4}  # here\nlines: [{id: l, start: [0, 0], end: [1, 1]}]\n"
    )
    camera = save_camera(path, {"source": {"loop": False}, "lines": [{"id": "l", "name": "a, b"}], "interval": 5})
    assert camera.lines[0].name == "a, b"
    assert path.read_text().startswith("# comment\nid: a\nsource: {kind: file, path: x.mp4, loop: false}  # here\n")


def test_windows_line_ends_stay(camera_file: Path) -> None:
    camera_file.write_bytes(COMMENTED.replace("\n", "\r\n").encode())
    save_camera(camera_file, {"lines": [{"id": "north"}], "movements": [], "enabled": False})
    content = camera_file.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert not load_camera(camera_file).enabled


def test_an_invalid_camera_is_not_written(camera_file: Path) -> None:
    for changes in (
        {"id": "nts-02"},
        {"lines": [{"id": "north", "end": [0.1, 0.2]}]},
        {"nname": "x"},
        {"name": "\ud800"},
        {"movements": [{"id": "m", "entry": "a", "exit": "b"}]},
    ):
        with pytest.raises(ConfigError, match=r"nts-01\.yaml"):
            save_camera(camera_file, changes)
        assert camera_file.read_text(encoding="utf-8") == COMMENTED
    assert [path.name for path in camera_file.parent.iterdir()] == ["nts-01.yaml"]


def test_a_missing_file_is_created(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    camera = save_camera(path, {"id": "new", "source": {"kind": "rtsp", "url": "rtsp://192.0.2.1/x"}})
    assert load_camera(path) == camera
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_file_keeps_its_permissions_and_a_link_stays_a_link(camera_file: Path) -> None:
    camera_file.chmod(0o640)
    link = camera_file.parent / "links" / "nts-01.yaml"
    link.parent.mkdir()
    link.symlink_to(camera_file)
    save_camera(link, {"name": "x"})
    assert link.is_symlink()
    assert load_camera(camera_file).name == "x"
    assert camera_file.stat().st_mode & 0o777 == 0o640


def test_a_failing_disk_leaves_the_file_unchanged(camera_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_camera(camera_file, {"name": "x"})
    assert camera_file.read_text(encoding="utf-8") == COMMENTED
    assert [path.name for path in camera_file.parent.iterdir()] == ["nts-01.yaml"]


def test_a_reader_never_sees_a_half_written_camera(camera_file: Path) -> None:
    done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        while not done.is_set():
            seen.append(load_camera(camera_file).name)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(30):
        save_camera(camera_file, {"name": f"name {number}" * (1 + number % 5)})
    done.set()
    reader.join()
    assert seen


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
fractions = st.floats(0, 1).map(lambda x: round(x, 4))
points = st.tuples(fractions, fractions)
ids = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)


def seconds(low: float, high: float) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(seconds=low), timedelta(seconds=high))


def is_long(line: tuple[Any, Any]) -> bool:
    return (line[0][0] - line[1][0]) ** 2 + (line[0][1] - line[1][1]) ** 2 > 0.02**2


@st.composite
def cameras(draw: st.DrawFn) -> CameraConfig:
    names = draw(st.lists(ids, max_size=4, unique=True))
    lines = []
    for name in names:
        start, end = draw(st.tuples(points, points).filter(is_long))
        classes = draw(st.frozensets(st.sampled_from(ObjectClass), min_size=1))
        anchor = draw(st.sampled_from(Anchor))
        lines.append(
            LineConfig(
                id=name, name=draw(texts), start=start, end=end, anchor=anchor, classes=classes, in_name=draw(texts)
            )
        )
    movements = (
        [MovementConfig(id="m", entry=names[0], exit=names[1], within=draw(seconds(1, 3600)))] if len(names) > 1 else []
    )
    rtsp = st.builds(
        RtspSource,
        url=st.sampled_from(["rtsp://192.0.2.1/x", "rtsps://${U}:${P:-x}@h:554/a?b=c#d"]),
        transport=st.sampled_from(Transport),
        read_timeout=seconds(0.5, 300),
    )
    files = st.builds(FileSource, path=texts.filter(bool).map(lambda text: str(Path(f"/{text}"))), loop=st.booleans())
    return CameraConfig(
        id="nts-01",
        name=draw(texts),
        enabled=draw(st.booleans()),
        source=draw(rtsp | files),
        interval=draw(seconds(1, 3600)),
        detection=DetectionConfig(
            fps=draw(st.floats(1, 60)),
            confidence_by_class=draw(st.dictionaries(st.sampled_from(ObjectClass), fractions, max_size=3)),
        ),
        tracking=TrackingConfig(confirm_after=draw(st.integers(1, 30)), lost_after=draw(seconds(0.1, 30))),
        lines=tuple(lines),
        movements=tuple(movements),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(first=cameras(), second=cameras())
def test_any_camera_survives_saving_over_any_other(tmp_path: Path, first: CameraConfig, second: CameraConfig) -> None:
    path = tmp_path / "nts-01.yaml"
    path.unlink(missing_ok=True)
    for camera in (first, second):
        plain = camera.model_dump(mode="json")
        plain["detection"]["confidence_by_class"] = {
            **dict.fromkeys(ObjectClass),
            **plain["detection"]["confidence_by_class"],
        }
        save_camera(path, plain)
        assert load_camera(path) == camera


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.permutations(["north", "middle", "south", "new"]), st.integers(0, 4))
def test_comments_of_kept_lines_survive_any_order(tmp_path: Path, order: list[str], stay: int) -> None:
    path = tmp_path / "nts-01.yaml"
    path.write_text(COMMENTED, encoding="utf-8")
    chosen = order[:stay]
    new = {"start": [0, 0], "end": [1, 1]}
    save_camera(path, {"lines": [{"id": name, **(new if name == "new" else {})} for name in chosen]})
    assert [line.id for line in load_camera(path).lines] == chosen
    text = path.read_text(encoding="utf-8")
    of = {
        "# where it starts": "north",
        "# first": "north",
        "# Since the new lane.": "middle",
        "# By the school.": "south",
    }
    for comment, owner in of.items():
        assert (comment in text) == (owner in chosen)
    for comment in (
        "# Kept by the night shift.",
        "# the file's name",
        "# the sub-stream",
        "# Lines, from",
        "# The end.",
    ):
        assert comment in text
