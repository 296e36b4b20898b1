"""Counting one video, and the command `ngatu count`."""

import csv
import io
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import typer
from numpy.typing import NDArray

from vision.commands.count import _check_target, _lines, _remarks
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.counting.count import VideoCount, detect_in_order
from vision.counting.render import Renderer
from vision.pipeline import CameraPipeline

TOOL = [sys.executable, "-m", "vision"]
UPRIGHT = "0.5,0.95,0.5,0.05"
NOON = datetime(2026, 5, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """The output and the files of one run of `ngatu count`."""

    printed: str
    result: dict[str, Any]
    rows: list[dict[str, str]]
    video: Path


@pytest.fixture(scope="module")
def outcome(squares: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("outcome")
    targets = {"--json": folder / "c.json", "--csv": folder / "c.csv", "--render": folder / "c.mp4"}
    done = counted(squares, "--line", UPRIGHT, *(word for pair in targets.items() for word in pair))
    assert done.returncode == 0, done.stderr
    result = json.loads(targets["--json"].read_text())
    rows = list(csv.DictReader(io.StringIO(targets["--csv"].read_text())))
    return Outcome(" ".join(done.stdout.split()), result, rows, targets["--render"])


def ngatu(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TOOL, *map(str, arguments)], capture_output=True, text=True, check=False)


def counted(squares: Path, *more: object) -> subprocess.CompletedProcess[str]:
    return ngatu("count", squares / "road.mp4", "--model", squares / "squares.onnx", *more)


def numbered_frame(index: int) -> Frame:
    return Frame("c", index, datetime.now(UTC), index / 10, np.full((2, 2, 3), index, np.uint8))


def test_detections_keep_the_order_of_the_frames() -> None:
    rng = random.Random(4)

    def detect(images: list[NDArray[np.uint8]]) -> list[Detections]:
        time.sleep(rng.random() / 200)
        n = int(images[0][0, 0, 0])
        return [Detections(np.full((1, 4), n, np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))]

    found = list(detect_in_order((numbered_frame(n) for n in range(60)), detect, threads=4))
    assert [(f.index, int(d.xyxy[0, 0])) for f, d in found] == [(n, n) for n in range(60)]


def test_only_a_few_frames_are_decoded_ahead() -> None:
    decoded = []
    go = threading.Event()

    def detect(images: list[NDArray[np.uint8]]) -> list[Detections]:
        go.wait(5)
        return [Detections.empty()]

    def frames() -> Iterator[Frame]:
        for n in range(100):
            decoded.append(n)
            if n == 4:
                go.set()
            yield numbered_frame(n)

    waiting = detect_in_order(frames(), detect, threads=2)
    next(waiting)
    assert len(decoded) <= 6
    waiting.close()


def test_an_error_of_the_detector_ends_the_count() -> None:
    def detect(images: list[NDArray[np.uint8]]) -> list[Detections]:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        list(detect_in_order((numbered_frame(n) for n in range(9)), detect, threads=2))


def test_the_json_has_counts_and_events_with_times_and_track_ids(outcome: Outcome) -> None:
    result = outcome.result
    assert set(result) == {"video", "model", "frames", "processed", "video_s", "wall_s", "lines"}
    assert (result["frames"], result["video_s"]) == (80, pytest.approx(4.0, abs=0.06))
    assert result["processed"] == pytest.approx(48, abs=2)
    line = result["lines"]["line"]
    assert (line["in"], line["out"], line["by_class"]) == (4, 0, {"car": {"in": 4, "out": 0}})
    assert [set(e) for e in line["events"]] == [{"t_s", "frame", "direction", "class", "track_id"}] * 4
    assert [e["t_s"] for e in line["events"]] == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.06)
    assert [e["frame"] for e in line["events"]] == pytest.approx([10, 30, 50, 70], abs=1)
    assert len({e["track_id"] for e in line["events"]}) == 4


def test_the_terminal_shows_the_counts_and_the_speed(outcome: Outcome) -> None:
    assert "times real time" in outcome.printed
    assert "of 80 frames analysed" in outcome.printed


def test_the_csv_has_a_row_per_crossing(outcome: Outcome) -> None:
    assert [(r["line"], r["direction"], r["class"]) for r in outcome.rows] == [("line", "in", "car")] * 4
    assert [float(r["t_s"]) for r in outcome.rows] == [e["t_s"] for e in outcome.result["lines"]["line"]["events"]]


def test_without_a_line_it_counts_over_the_middle_and_says_so_on_stderr(squares: Path) -> None:
    done = counted(squares, "--json", "-")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["lines"]) == {"middle"}
    assert "horizontal line through the middle" in done.stderr


def test_a_camera_file_provides_lines_and_movements(squares: Path, tmp_path: Path) -> None:
    config = tmp_path / "cross.yaml"
    config.write_text(
        "id: cross\nsource: {kind: file, path: elsewhere.mp4}\n"
        "lines:\n- {id: west, start: [0.3, 0.95], end: [0.3, 0.05]}\n"
        "- {id: east, start: [0.7, 0.95], end: [0.7, 0.05]}\n"
        "movements:\n- {id: through, entry: west, exit: east}\n",
        encoding="utf-8",
    )
    done = counted(squares, "--config", config, "--fps", 20, "--json", "-")
    result = json.loads(done.stdout)
    assert {k: v["in"] for k, v in result["lines"].items()} == {"west": 4, "east": 4}
    assert result["movements"] == {"through": {"count": 4, "by_class": {"car": 4}}}
    assert result["processed"] == 80


def test_the_rendered_video_plays_in_browsers(outcome: Outcome) -> None:
    with av.open(str(outcome.video)) as container:
        stream = container.streams.video[0]
        images = [f.to_ndarray(format="bgr24") for f in container.decode(stream)]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert container.duration / av.time_base == pytest.approx(4.0, abs=0.2)
    assert len(images) == pytest.approx(48, abs=2)
    red = images[20][20, 155:166].astype(int)
    assert (red[:, 2] - red[:, 0]).max() > 80
    data = outcome.video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_ctrl_c_keeps_what_was_counted(squares: Path, tmp_path: Path) -> None:
    from tests.kit.spine_kit import make_clip  # noqa: PLC0415

    long, drawn = make_clip(tmp_path / "long.mp4", laps=300), tmp_path / "drawn.mp4"
    command = [*TOOL, "count", long, "--model", squares / "squares.onnx", "--line", UPRIGHT, "--render", drawn]
    running = subprocess.Popen(
        [*map(str, command), "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    deadline_s = time.monotonic() + 40
    while time.monotonic() < deadline_s and not (drawn.exists() and drawn.stat().st_size > 10_000):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=30)
    assert running.returncode == 0, stderr
    result = json.loads(stdout)
    assert result["interrupted"] is True
    assert 0 < result["processed"] < 3600
    assert result["lines"]["line"]["in"] == pytest.approx(result["video_s"], abs=1.5)
    with av.open(str(drawn)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0


def test_a_missing_video_is_named(squares: Path) -> None:
    done = ngatu("count", "nowhere.mp4", "--model", squares / "squares.onnx")
    assert done.returncode != 0
    assert "nowhere.mp4: there is no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_video_is_named(squares: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes((squares / "road.mp4").read_bytes()[:500])
    done = ngatu("count", broken, "--model", squares / "squares.onnx")
    assert done.returncode != 0
    assert "broken.mp4" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["0,0,1", "a,b,c,d", "0,0,2,0.5", "0.5,0.5,0.5,0.5"])
def test_an_invalid_line_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="two different points as fractions of the image"):
        _lines([text])


def test_several_lines_get_ids_of_their_own() -> None:
    assert [line.id for line in _lines(["0,0.4,1,0.4", "0,0.6,1,0.6"])] == ["line-1", "line-2"]


def test_an_unwritable_target_is_refused_before_counting(squares: Path, tmp_path: Path) -> None:
    done = counted(squares, "--render", tmp_path / "no" / "folder.mp4")
    assert done.returncode == 2
    assert "folder.mp4" in done.stderr.replace("\n", "").replace("│", "").replace(" ", "")


def test_the_video_itself_is_never_overwritten(squares: Path) -> None:
    before = (squares / "road.mp4").read_bytes()
    with pytest.raises(typer.BadParameter, match="is the video itself"):
        _check_target(squares / ".." / squares.name / "road.mp4", squares / "road.mp4")
    assert (squares / "road.mp4").read_bytes() == before


def test_frames_at_uneven_times_are_rendered_as_phones_record_them(tmp_path: Path) -> None:
    config = {"id": "c", "source": {"kind": "file", "path": "v.mp4"}, "detection": {"fps": 12}}
    camera = CameraConfig.model_validate(config)
    times_s = [0.0, 0.083, 0.09, 0.1, 0.25, 0.251, 0.4]
    pipeline, target = CameraPipeline(camera), tmp_path / "12:30.mp4"
    with Renderer(target, camera) as render:
        for index, at_s in enumerate(times_s):
            frame = Frame("c", index, NOON + timedelta(seconds=at_s), at_s, np.zeros((96, 160, 3), np.uint8))
            render(frame, pipeline.process(frame, Detections.empty()))
    with av.open(f"file:{target}") as container:
        assert [frame.time for frame in container.decode(video=0)] == pytest.approx(times_s, abs=1e-3)


def video_count(**changed: object) -> VideoCount:
    camera = CameraConfig.model_validate({"id": "c", "source": {"kind": "file", "path": "v.mp4"}})
    whole = VideoCount(Path("v.mp4"), "m", camera, 375, 180, 15.0, 3.0, 5.0, (), (), False, declared_s=15.1)
    return replace(whole, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "remark"),
    [
        ({"video_s": 7.3, "processed": 88}, "only 7.3 of 15.1 s were there"),
        ({"processed": 15}, "only 1.0 frames per second were analysed"),
        ({"gaps": 2}, "the timestamps jump 2 times"),
    ],
)
def test_what_makes_a_count_too_low_is_said(changed: dict[str, object], remark: str) -> None:
    assert _remarks(video_count()) == []
    [said] = _remarks(video_count(**changed))
    assert remark in said
