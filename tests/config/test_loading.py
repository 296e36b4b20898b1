"""Camera files as operators write them, and mistype them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.config.errors import ConfigError
from vision.config.files.loading import MAX_FILE_BYTES, load_camera, load_cameras, load_files, read_camera
from vision.config.sources import FileSource, RtspSource

GOOD = """\
# The north gate
id: nts-01
name: Ngã tư Sở
source:
  kind: rtsp
  url: rtsp://${NTS_USER}:${NTS_PASSWORD}@192.0.2.10/stream
lines:
  - id: stop-line
    start: [0.10, 0.60]
    end: [0.90, 0.60]
"""


def written(folder: Path, text: str | bytes, name: str = "nts-01.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def error_message(folder: Path, text: str | bytes, name: str = "nts-01.yaml") -> str:
    """The error message for a file, without its folder."""
    with pytest.raises(ConfigError) as caught:
        load_camera(written(folder, text, name))
    return str(caught.value).replace(f"{folder}/", "")


def test_a_camera_file_gets_the_defaults(tmp_path: Path) -> None:
    camera = load_camera(written(tmp_path, GOOD))
    assert camera.name == "Ngã tư Sở"
    assert camera.lines[0].start == (0.1, 0.6)
    assert camera.enabled
    assert isinstance(camera.source, RtspSource)
    assert camera.source.url.startswith("rtsp://${NTS_USER}")


def test_pixels_instead_of_fractions_are_named_with_file_line_key_and_remedy(tmp_path: Path) -> None:
    message = error_message(tmp_path, GOOD.replace("[0.90, 0.60]", "[640, 0.60]"))
    assert message == (
        "nts-01.yaml:10: lines.0.end.0: 640 is more than 1: "
        "coordinates are fractions of the picture (0 to 1); did you write pixels?"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nname: x", "nts-01.yaml:11: nname: unknown key `nname`: did you mean `name`?"),
        ("detection: {confidenc: 0.3}", "detection.confidenc: unknown key `confidenc`: did you mean `confidence`?"),
        ("detection: {confidence: 25}", "25 is more than 1: write a fraction from 0 to 1; did you write percent?"),
        ("detection: {confidence: .nan}", "detection.confidence: nan is no number"),
        ("detection: {fps: 0}", "detection.fps: 0 is less than 1: write a number from 1 to 60"),
        ("detection:", "nts-01.yaml:11: detection: is empty"),
        ("enabled: perhaps", "enabled: 'perhaps' is neither true nor false: write true or false"),
        ("interval: 5 minutes", "interval: '5 minutes' is no length of time: write seconds"),
        ("interval: 1:30", "interval: '1:30' is no length of time: write seconds"),
        ("interval: 86400", "interval: 86400 s is more than 3600: write a number from 1 to 3600 (seconds)"),
        ("detection: {confidence_by_class: {van: 0.2}}", "'van' is none of them: write bicycle, motorcycle, car, bus"),
        ("movements: [{id: m, entry: stop-line, exit: exti}]", "movements.0.exit: there is no line 'exti': the lines"),
        ("movements: {}", "movements: a map is not a list"),
        ("tracking: 5", "tracking: 5 is not a map"),
        ("? [a, b]\n: 1", "a map or a list as a key: a key is plain text"),
    ],
)
def test_each_mistake_has_a_message_and_a_remedy(tmp_path: Path, line: str, message: str) -> None:
    assert message in error_message(tmp_path, GOOD + line + "\n")


def test_all_mistakes_of_a_file_are_reported_in_order(tmp_path: Path) -> None:
    text = GOOD.replace("Ngã tư Sở", "12").replace("0.10", "-1").replace("stop-line", "Stop Line")
    lines = error_message(tmp_path, text).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["nts-01.yaml:3", "nts-01.yaml:8", "nts-01.yaml:9"]
    assert "12 is read as a number, not as text: put it in quotes" in lines[0]


def test_a_key_written_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    message = error_message(tmp_path, GOOD + "name: again\n")
    assert message == "nts-01.yaml:11: name: the key is written twice: it is in line 3 already: keep one"


def test_a_duplicate_line_id_is_refused_at_the_second_one(tmp_path: Path) -> None:
    message = error_message(tmp_path, GOOD + "  - {id: stop-line, start: [0, 0], end: [1, 1]}\n")
    assert message == "nts-01.yaml:11: lines.1.id: the id 'stop-line' is used twice: give each its own"


def test_the_id_is_the_name_of_the_file(tmp_path: Path) -> None:
    message = error_message(tmp_path, GOOD, "nts-02.yaml")
    assert message == (
        "nts-02.yaml:2: id: 'nts-01' is not the file's name: write `id: nts-02`, or rename the file to nts-01.yaml"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "nts-01.yaml:1: the file is empty"),
        (b"# nothing but comments\n", "nts-01.yaml:1: the file is empty"),
        (b"- id: nts-01\n", "nts-01.yaml:1: a list instead of a map"),
        (b"nts-01\n", "nts-01.yaml:1: a single value instead of a map"),
        (b"id: nts-01\nname: Ng\xe3 t\xb0\n", "nts-01.yaml:2: not UTF-8: save the file as UTF-8"),
        (b"id: nts-01\x00\n", "nts-01.yaml:1: a character that text files do not hold"),
        (b"id: nts-01\n\tname: x\n", "nts-01.yaml:2: a tab: indent with spaces"),
        (b"id: nts-01\nname: a: b\n", "nts-01.yaml:2: a second `: ` in a line"),
        (b"id: nts-01\nname: 'a\n", "a quote that is not closed: close it"),
        (b"id: nts-01\nlines: [1, 2\n", "a bracket that is not closed"),
        (b"id: &x nts-01\nname: *x\n", "nts-01.yaml:1: an anchor"),
        (b"id: *x\n", "nts-01.yaml:1: an alias"),
        (b"id: !!python/object/apply:os.system [ls]\n", "nts-01.yaml:1: a tag"),
        (b"%YAML 1.1\n---\nid: nts-01\n", "nts-01.yaml:1: a directive"),
        (b"id: nts-01\n---\nid: nts-02\n", "nts-01.yaml:2: a second document"),
        (b"[" * 100_000, "more than 16 levels deep"),
        (b"{" * 100_000, "a map or a list as a key"),
        (b"- " * 1_000, "more than 16 levels deep"),
        (b"x" * (MAX_FILE_BYTES + 1), "larger than 128 KiB: a config has a few KiB: is this another file?"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "nts-01.yaml:1: not UTF-8"),
    ],
)
def test_a_file_that_is_no_camera_file_is_explained(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in error_message(tmp_path, content)


def test_yes_and_no_stay_text(tmp_path: Path) -> None:
    text = GOOD.replace("Ngã tư Sở", "No").replace("stop-line", "on")
    camera = load_camera(written(tmp_path, text))
    assert (camera.name, camera.lines[0].id) == ("No", "on")


def test_an_id_of_digits_needs_quotes(tmp_path: Path) -> None:
    message = error_message(tmp_path, GOOD.replace("nts-01", "012"), "012.yaml")
    assert "012.yaml:2: id: 12 is read as a number, not as text: put it in quotes" in message
    assert load_camera(written(tmp_path, GOOD.replace("nts-01", "'012'"), "012.yaml")).id == "012"


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert load_camera(written(tmp_path, content)) == load_camera(written(tmp_path, GOOD))


def test_a_recording_s_relative_path_starts_at_the_file_s_folder(tmp_path: Path) -> None:
    text = "id: nts-01\nsource: {kind: file, path: clips/a.mp4}\n"
    source = load_camera(written(tmp_path, text)).source
    assert isinstance(source, FileSource)
    assert source.path == str(tmp_path / "clips/a.mp4")


def test_a_bad_file_stops_only_its_own_camera(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("nts-01", "nts-02") + "nname: x\n", "nts-02.yaml")
    written(tmp_path, GOOD.replace("nts-01", "nts-03"), "nts-03.yml")
    written(tmp_path, "half", ".nts-04.yaml.tmp")
    written(tmp_path, "half", ".#nts-05.yaml")
    written(tmp_path, "notes", "README.md")
    (tmp_path / "old.yaml").mkdir()
    found = load_cameras(tmp_path)
    assert sorted(found.cameras) == ["nts-01", "nts-03"]
    assert [(p.path.name if p.path else "", p.line, p.column) for p in found.problems] == [
        ("nts-02.yaml", 11, 1),
        ("old.yaml", None, None),
    ]


def test_of_two_files_with_one_id_the_first_is_used_and_the_second_named(tmp_path: Path) -> None:
    first, second = written(tmp_path, GOOD), written(tmp_path, GOOD, "nts-01.yml")
    found = load_cameras(tmp_path)
    assert found.cameras["nts-01"].path == first
    assert [p.path for p in found.problems] == [second]
    assert f"'nts-01' is the id of {first} already" in str(found.problems[0])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: there is no such folder"):
        load_cameras(tmp_path / "nowhere")


def test_missing_files_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "gone")
    found = load_files(tmp_path / name for name in ("pipe.yaml", "dangling.yaml", "absent.yaml", "nul\0.yaml"))
    assert [p.message for p in found.problems] == [
        "not a file",
        "No such file or directory",
        "No such file or directory",
        "embedded null byte",
    ]


def test_the_digest_changes_with_the_file(tmp_path: Path) -> None:
    before = read_camera(written(tmp_path, GOOD)).digest
    assert read_camera(written(tmp_path, GOOD)).digest == before
    assert read_camera(written(tmp_path, GOOD + "# a comment\n")).digest != before


def test_a_password_in_a_file_is_in_no_error_and_no_repr(tmp_path: Path) -> None:
    text = GOOD.replace("${NTS_USER}:${NTS_PASSWORD}", "admin:hunter2")
    assert "hunter2" not in repr(load_camera(written(tmp_path, text)))
    for bad in (
        text.replace("rtsp://", "rtps://"),
        text.replace("rtsp://", "'rtsp:// "),
        text.replace("url:", "name:"),
        text.replace("url:", "urk:"),
        text.replace("kind: rtsp\n", ""),
        text.replace("/stream", "/${stream"),
        text.replace("  url: ", "  url: *"),
        text.replace("  url: ", "  - "),
        text.replace("source:\n  kind: rtsp\n  url: ", "source: "),
        text.replace("name: ", "name: rtsp://admin:hunter2@192.0.2.10/a" + "/b" * 60),
    ):
        message = error_message(tmp_path, bad)
        assert message
        assert "hunter2" not in message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 6),
            st.text(st.sampled_from(list("-: \n[]{}&*!?|>'\"#%@`0aé,~\t\r\0"))),
        )
    )
)
def test_a_scrambled_file_is_a_camera_or_a_config_error(tmp_path: Path, cuts: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for at, length, replacement in cuts:
        text = text[:at] + replacement + text[at + length :]
    path = written(tmp_path, text)
    found = load_files([path])
    assert found.cameras or found.problems
    assert all(problem.remedy and problem.line for problem in found.problems)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_camera_or_a_config_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError):
        load_camera(written(tmp_path, content))
