"""The programs in examples/ run as a developer runs them."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from tests.kit.worker_kit import HEIGHT, WIDTH
from tests.publishing.publishing_kit import crossing, settings
from vision.demo.simulator import SimulatedCameras, StreamFormat, prepare_clip, stream_of_clip
from vision.publishing import RedisPublisher
from vision.samples import ensure_samples

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def run(program: str, *arguments: object) -> str:
    """Standard output of an example."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / program), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def truck() -> Path:
    """The sample video of a truck that enters from the left and a car that leaves to the right."""
    return next(path for path in ensure_samples() if path.stem == "cars-truck")


def test_count_video(truck: Path) -> None:
    printed = run("count_video.py", truck)
    assert "truck in: 1\n" in printed
    assert "1 vehicles in 3 s of video" in printed


def test_speeds(truck: Path) -> None:
    lines = [line for line in run("speeds.py", truck, EXAMPLES / "street.yaml").splitlines() if "km/h" in line]
    assert len(lines) == 2
    speeds = [float(line.split()[-2]) for line in lines]
    assert all(5 < speed < 50 for speed in speeds)


def test_own_detector_finds_a_stopped_vehicle(tmp_path: Path) -> None:
    zone = "polygon: [[0.0, 0.2], [1.0, 0.2], [1.0, 0.8], [0.0, 0.8]]"
    camera = tmp_path / "road.yaml"
    camera.write_text(f"id: road\nsource: {{kind: file, path: road.mp4}}\nzones:\n  - {{id: lane, {zone}}}\n")
    printed = run("own_detector.py", stopping_car(tmp_path / "road.mp4"), camera)
    assert "stopped_vehicle raised" in printed


def test_live_camera(truck: Path, tmp_path: Path) -> None:
    clip = prepare_clip(truck, tmp_path, StreamFormat())
    with SimulatedCameras({"street": stream_of_clip(clip)}) as cameras:
        printed = run("live_camera.py", cameras.urls["street"], 5)
    assert printed.count("road users") == 5


def test_read_events(redis_url: str, tmp_path: Path) -> None:
    publisher = RedisPublisher(settings(redis_url), tmp_path, "worker")
    for number in range(3):
        publisher.publish(crossing(number))
    publisher.close()
    printed = run("read_events.py", redis_url, 3)
    assert len(printed.splitlines()) == 3


def stopping_car(path: Path, fps: int = 12) -> Path:
    """A video of two cars: one drives in and stops on the road, others pass it."""
    grey = np.random.default_rng(0).integers(90, 110, (HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(30 * fps):
            image = grey.copy()
            draw_car(image, min(index / fps / 3 - 0.3, 0.5), 0.35)
            draw_car(image, index / fps / 3 % 1.5 - 0.8, 0.7)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def draw_car(image: np.ndarray, x: float, y: float) -> None:
    """A white car whose middle is at (x, y), fractions of the picture."""
    across, down = int(x * WIDTH), int(y * HEIGHT)
    image[down - 10 : down + 10, max(across - 18, 0) : max(across + 18, 0)] = 250
