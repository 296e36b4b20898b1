"""`ngatu check` on real files and real streams."""

import json
import socket
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import typer
from hypothesis import given, settings
from ruamel.yaml import YAML
from typer.testing import CliRunner

from tests.kit.address_kit import addresses, leaks
from vision.checking import draw_camera
from vision.checking.drawing import INWARD, OUTWARD
from vision.checking.drawing_zones import CAR, COLOURS, GREEN, MARK, RED
from vision.checking.primitives import plain_letters
from vision.commands import check
from vision.config.camera import CameraConfig
from vision.config.lines import LineConfig
from vision.config.sources import FileSource
from vision.config.zones import ZoneKind
from vision.demo.simulator import Access, SimulatedCameras, stream_of_clip

LINE = "lines:\n  - {id: north, start: [0.2, 0.5], end: [0.8, 0.5], in_name: vào · in}\n"


def ngatu_check(*arguments: str | Path) -> tuple[int, str]:
    app = typer.Typer()
    check.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["check", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.output


def check_as_json(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    app = typer.Typer()
    check.register(app)
    app.command("other")(lambda: None)
    result = CliRunner().invoke(app, ["check", "--json", *map(str, arguments)], catch_exceptions=False)
    report = json.loads(result.stdout)
    return result.exit_code, {camera["id"]: camera for camera in report["cameras"]}


def write_camera(folder: Path, name: str, url: str, rest: str = LINE) -> Path:
    path = folder / f"{name}.yaml"
    timeouts = "  connect_timeout: 1\n  read_timeout: 1\n"
    path.write_text(f'id: {name}\nsource:\n  kind: rtsp\n  url: "{url}"\n{timeouts}{rest}', encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a grey image at 25 fps, H.264."""
    path = tmp_path_factory.mktemp("check") / "grey.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.gop_size = 5
        stream.options = {"bf": "0", "preset": "ultrafast"}
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 100 + number % 5, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def cameras(clip: Path) -> Iterator[SimulatedCameras]:
    with SimulatedCameras({"grey": stream_of_clip(clip)}, access=Access("admin", "p@ss/word")) as simulated:
        yield simulated


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_valid_files_give_exit_code_0(tmp_path: Path) -> None:
    write_camera(tmp_path, "a", "rtsp://192.0.2.1/x")
    code, output = ngatu_check(tmp_path)
    assert code == 0
    assert "ok" in output


def test_a_problem_is_reported_with_file_and_line_and_exit_code_1(tmp_path: Path) -> None:
    write_camera(tmp_path, "a", "rtsp://192.0.2.1/x")
    bad = write_camera(tmp_path, "b", "rtsp://192.0.2.1/x", "nname: x\n")
    code, output = ngatu_check(tmp_path)
    assert code == 1
    assert f"{bad}:7: nname: unknown key `nname`: did you mean `name`?" in output.splitlines()


def test_files_folders_and_missing_paths_can_be_combined(tmp_path: Path) -> None:
    first = write_camera(tmp_path, "a", "rtsp://192.0.2.1/x")
    code, output = ngatu_check(first, tmp_path / "nowhere", tmp_path / "gone.yaml")
    assert code == 1
    assert f"{tmp_path / 'nowhere'}: there is no such folder" in output
    assert f"{tmp_path / 'gone.yaml'}: No such file or directory" in output


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    code, output = ngatu_check(tmp_path)
    assert code == 1
    assert "no camera files" in output


def test_json_contains_the_same_results(tmp_path: Path) -> None:
    write_camera(tmp_path, "a", "rtsp://192.0.2.1/x")
    write_camera(tmp_path, "b", "rtsp://192.0.2.1/x", "nname: x\n")
    code, reports = check_as_json(tmp_path)
    assert code == 1
    assert (reports["a"]["ok"], reports["a"]["lines"], reports["a"]["stream"]) == (True, ["north"], None)
    [problem] = reports["b"]["problems"]
    assert (problem["line"], problem["column"], problem["key"]) == (7, 1, "nname")


def test_connect_reports_the_stream_and_draws_the_lines(
    tmp_path: Path, cameras: SimulatedCameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECK_PASSWORD", "p@ss/word")
    write_camera(tmp_path, "a", f"rtsp://admin:${{CHECK_PASSWORD}}@127.0.0.1:{cameras.port}/grey")
    code, reports = check_as_json(tmp_path, "--connect", "--out", tmp_path / "out")
    assert code == 0, reports
    stream = reports["a"]["stream"]
    assert (stream["width"], stream["height"], stream["codec"]) == (320, 180, "h264")
    assert stream["fps"] == pytest.approx(25, rel=0.1)
    assert 0 < stream["first_picture_s"] < 5
    drawn = cv2.imread(str(tmp_path / "out" / "a.jpg"))
    assert drawn is not None
    assert drawn.shape == (180, 320, 3)
    blue, green, red = drawn[90, 160].astype(int)
    assert min(green, red) - blue > 80, "the line is yellow"


def test_each_failure_is_reported_without_the_password_and_delays_no_other(
    tmp_path: Path, cameras: SimulatedCameras, silent_port: int
) -> None:
    port = cameras.port
    write_camera(tmp_path, "good", f"rtsp://admin:p%40ss%2Fword@127.0.0.1:{port}/grey")
    write_camera(tmp_path, "password", f"rtsp://admin:hunter2@127.0.0.1:{port}/grey")
    write_camera(tmp_path, "path", f"rtsp://admin:p%40ss%2Fword@127.0.0.1:{port}/green")
    write_camera(tmp_path, "port", "rtsp://admin:hunter2@127.0.0.1:9/grey")
    write_camera(tmp_path, "unset", "rtsp://admin:${CHECK_NOT_SET}@127.0.0.1:9/grey")
    for number in range(4):
        write_camera(tmp_path, f"silent-{number}", f"rtsp://admin:hunter2@127.0.0.1:{silent_port}/grey")
    began_s = time.monotonic()
    code, reports = check_as_json(tmp_path, "--connect", "--out", tmp_path / "out")
    assert time.monotonic() - began_s < 8
    assert code == 1
    reasons = {name: camera["stream"]["reason"] for name, camera in reports.items()}
    assert not reasons.pop("good")
    assert "refuses the user name or password" in reasons["password"]
    assert "no stream of this path" in reasons["path"]
    assert "refuses connections" in reasons["port"]
    assert "CHECK_NOT_SET" in reasons["unset"]
    assert all("sent no video within 1 s" in reasons[f"silent-{number}"] for number in range(4))
    assert "hunter2" not in str(reports)


def test_recordings_are_opened_and_disabled_cameras_are_not(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "film.yaml").write_text(f"id: film\nsource: {{kind: file, path: {clip}}}\n")
    (tmp_path / "gone.yaml").write_text("id: gone\nsource: {kind: file, path: gone.mp4}\n")
    write_camera(tmp_path, "off", "rtsp://127.0.0.1:9/x", "enabled: false\n")
    code, reports = check_as_json(tmp_path, "--connect", "--out", tmp_path / "out")
    assert code == 1
    assert reports["film"]["stream"]["ok"]
    assert reports["off"]["stream"] is None
    assert "gone.mp4" in reports["gone"]["stream"]["reason"]


def test_the_inward_arrow_points_to_the_right_of_the_lines_direction() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    source = FileSource(path="film.mp4")
    line = LineConfig(id="l", start=(0.1, 0.5), end=(0.9, 0.5))
    drawn = draw_camera(image, CameraConfig(id="c", source=source, lines=(line,)))
    assert not image.any()
    for colour, is_below in ((INWARD, True), (OUTWARD, False)):
        rows = np.nonzero((drawn == colour).all(axis=2))[0]
        assert (np.median(rows) > 200) == is_below


def test_zones_lamps_and_calibration_are_drawn() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    page = (Path(__file__).resolve().parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
    example = page.split("```yaml")[1].split("```")[0]
    drawn = draw_camera(image, CameraConfig.model_validate(YAML(typ="safe").load(example)))
    for colour in (COLOURS[ZoneKind.CARRIAGEWAY], COLOURS[ZoneKind.PAVEMENT], RED, GREEN, MARK):
        assert (np.abs(drawn.astype(int) - colour) < 12).all(axis=2).any()


def test_a_contradictory_calibration_is_a_problem_of_its_file(tmp_path: Path) -> None:
    picture = [(0.2, 0.3), (0.8, 0.3), (0.9, 0.9), (0.1, 0.9), (0.5, 0.6)]
    ground_m = [(0, 30), (10, 30), (10, 0), (0, 0), (14, 10)]
    pairs = zip(picture, ground_m, strict=True)
    points = [f"{{picture: [{x}, {y}], ground_m: [{a}, {b}]}}" for (x, y), (a, b) in pairs]
    (tmp_path / "c.yaml").write_text(
        f"id: c\nsource: {{kind: file, path: gone.mp4}}\ncalibration: {{kind: points, points: [{', '.join(points)}]}}\n"
    )
    code, reports = check_as_json(tmp_path)
    assert code == 1
    [problem] = reports["c"]["problems"]
    assert problem["key"] == "calibration"
    assert "off the others' plane" in problem["message"]
    assert problem["remedy"] == "measure it again"


def test_names_are_drawn_in_ascii() -> None:
    assert plain_letters("Ngã tư Sở · vào đường") == "Nga tu So - vao duong"


CASES = {
    "hash": ('"rtsp://admin:Secret#1@192.0.2.10/s"', "problems"),
    "slash": ('"rtsp://admin:Geheim/7@192.0.2.10/s"', "problems"),
    "digits": ('"rtsp://Secret:12#3@192.0.2.10/s"', "problems"),
    "bracket": ('"rtsp://admin:Secret@[::1"', "problems"),
    "bare": ('"admin:Secret@192.0.2.10/s"', "problems"),
    "list": ('["rtsp://admin:Secret@192.0.2.10/s"]', "problems"),
    "key": ('{"rtsp://admin:Secret#1@192.0.2.10/s": 1}', "problems"),
    "xmeye": ('"rtsp://192.0.2.10:554/user=Secret_password=Geheim_channel=1_stream=0.sdp"', "warnings"),
    "literal": ('"rtsp://admin:Secret@192.0.2.10/s"', "warnings"),
}


def test_a_secret_in_an_address_is_refused_or_warned_of_and_never_shown(tmp_path: Path) -> None:
    for name, (url, _) in CASES.items():
        (tmp_path / f"{name}.yaml").write_text(f"id: {name}\nsource: {{kind: rtsp, url: {url}}}\n{LINE}")
    code, output = ngatu_check(tmp_path)
    _, reports = check_as_json(tmp_path)
    assert code == 1
    for text in ("Secret", "Geheim"):
        assert text not in output + json.dumps(reports)
    for name, (_, kind) in CASES.items():
        assert reports[name][kind], name
        assert reports[name]["ok"] == (kind == "warnings")
    for name in ("hash", "slash", "digits", "bracket", "xmeye", "literal"):
        assert "${NAME}" in json.dumps(reports[name])


@settings(max_examples=25)
@given(addresses())
def test_no_secret_is_in_the_output_of_a_check(tmp_path_factory: pytest.TempPathFactory, url: str) -> None:
    folder = tmp_path_factory.mktemp("cameras")
    (folder / "c.yaml").write_text(json.dumps({"id": "c", "source": {"kind": "rtsp", "url": url}}))
    _, output = ngatu_check(folder)
    _, reports = check_as_json(folder)
    assert not leaks(output), output
    assert not leaks(json.dumps(reports)), reports
    if "password=" in url or "token=" in url:
        assert "${NAME}" in output


def test_a_warning_names_file_line_and_remedy_and_is_a_problem_only_if_strict(tmp_path: Path) -> None:
    twin = "  - {id: south, start: [0.2, 0.51], end: [0.8, 0.51]}\n"
    path = write_camera(tmp_path, "a", "rtsp://192.0.2.1/x", LINE + twin)
    code, output = ngatu_check(tmp_path)
    assert code == 0
    assert "ok, 1 warning" in output
    assert (
        f"warning: {path}:9: lines.1: line 'south' lies on line 'north', so both count the same vehicles: "
        "delete one of them, or move them apart" in output.splitlines()
    )
    assert ngatu_check("--strict", tmp_path)[0] == 1


def test_a_calibrated_camera_is_noted_with_its_scale_and_drawn_with_cars(tmp_path: Path, clip: Path) -> None:
    pairs = (([0.4, 0.35], [0, 60]), ([0.6, 0.35], [7, 60]), ([0.9, 0.9], [7, 0]), ([0.1, 0.9], [0, 0]))
    camera = {
        "id": "film",
        "source": {"kind": "file", "path": str(clip)},
        "zones": [{"id": "road", "polygon": [picture for picture, _ in pairs], "lanes": 1, "speed_limit_kmh": 50}],
        "calibration": {"kind": "points", "points": [{"picture": p, "ground_m": g} for p, g in pairs]},
    }
    (tmp_path / "film.yaml").write_text(json.dumps(camera))
    code, reports = check_as_json(tmp_path, "--connect", "--out", tmp_path / "out")
    assert code == 0
    (note,) = reports["film"]["notes"]
    assert "near, at [0.50, 0.82]" in note["message"]
    (warning,) = reports["film"]["warnings"]
    assert "a car here would be 9.7 m long" in warning["message"]
    drawn = cv2.imread(str(tmp_path / "out" / "film.jpg"))
    assert drawn is not None
    assert (np.abs(drawn.astype(int) - CAR) < 60).all(axis=2).any()
