"""Simulated cameras with faults, and a consumer that takes a source's frames as a worker does."""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
import pytest

from vision.config.camera import CameraConfig
from vision.config.sources import RtspSource
from vision.core import Frame, SystemClock
from vision.demo.simulator import AccessUnit, Stream, stream_of_clip
from vision.sources import Source, SourceState, SourceStatus, open_source


def encode_clip(path: Path, *, size: tuple[int, int] = (320, 180), frames: int = 50, codec: str = "libx264") -> Path:
    """Encode a moving, noisy image at 25 fps as a camera does: no B-frames, a key frame every 10 frames."""
    width_px, height_px = size
    noise = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.codec_context.gop_size = 10
        stream.options = {"bf": "0", "crf": "28", "preset": "ultrafast", "x265-params": "bframes=0:log-level=none"}
        for number in range(frames):
            picture = noise.integers(90, 110, (height_px, width_px, 3), np.uint8)
            left = number * 4 % (width_px - 40)
            picture[40:80, left : left + 40] = 230
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Clips for simulated cameras, encoded once."""
    folder = tmp_path_factory.mktemp("clips")
    return {
        "h264": encode_clip(folder / "h264.mp4"),
        "hevc": encode_clip(folder / "hevc.mp4", codec="libx265"),
        "large": encode_clip(folder / "large.mp4", size=(640, 360)),
    }


@pytest.fixture(scope="session")
def streams(clips: dict[str, Path]) -> dict[str, Stream]:
    return {name: stream_of_clip(clip) for name, clip in clips.items()}


class FaultyCamera:
    """A simulated camera whose `fault` can be set while it plays."""

    def __init__(self, stream: Stream, other: Stream | None = None) -> None:
        self.fault = "none"
        self._stream = stream
        self._other = other

    @property
    def stream(self) -> Stream:
        return replace(self._stream, units=self._units)

    def _units(self) -> Iterator[AccessUnit]:
        units = self._stream.units()
        others = self._other.units() if self._other else units
        late_s = 0.0
        key: AccessUnit | None = None
        for unit in units:
            key = unit if unit.is_key and self.fault == "none" else key
            other = next(others) if self._other else unit
            at_s = unit.at_s + late_s
            match self.fault:
                case "silent":
                    yield AccessUnit(at_s, is_key=False, nals=())
                case "same image" if key:
                    yield replace(key, at_s=at_s)
                case "garbage":
                    yield AccessUnit(at_s, unit.is_key, tuple(unit.nals[0][:1] + os.urandom(300) for _ in range(4)))
                case "runaway" if key:
                    for n in range(200):
                        yield replace(key, at_s=at_s + n / 200)
                    late_s += 1.0
                case "other size" if self._other:
                    yield replace(other, at_s=at_s)
                case _:
                    yield replace(unit, at_s=at_s)


def camera(url: str, camera_id: str = "cam", *, fps: float = 12, **source: Any) -> CameraConfig:
    """A camera's configuration with short timeouts."""
    timeouts = {"connect_timeout": 1, "read_timeout": 1, "frozen_after": 1, "retry_at_most": 0.5}
    return CameraConfig(id=camera_id, source=RtspSource(url=url, **(timeouts | source)), detection={"fps": fps})


class Consumer:
    """Takes a source's frames in a thread of its own; each takes `busy_s`."""

    def __init__(self, source: Source, stop: threading.Event, busy_s: float = 0.0) -> None:
        self.source = source
        self.stop = stop
        self.ages_s: list[float] = []
        self.indexes: list[int] = []
        self.media_times_s: list[float] = []
        self.last: Frame | None = None
        self.error: BaseException | None = None
        self._busy_s = busy_s
        self.thread = threading.Thread(target=self._consume, daemon=True)

    @classmethod
    @contextmanager
    def of(cls, config: CameraConfig, busy_s: float = 0.0) -> Iterator[Self]:
        stop = threading.Event()
        consumer = cls(open_source(config, stop=stop, clock=SystemClock()), stop, busy_s)
        consumer.thread.start()
        try:
            yield consumer
        finally:
            stop.set()
            consumer.thread.join(5)

    @property
    def status(self) -> SourceStatus:
        return self.source.status()

    def wait_for(self, state: SourceState, timeout_s: float = 10.0) -> SourceStatus:
        self.wait_until(lambda: self.status.state is state, timeout_s)
        return self.status

    def wait_for_frames(self, more: int, timeout_s: float = 10.0) -> None:
        wanted = len(self.indexes) + more
        self.wait_until(lambda: len(self.indexes) >= wanted, timeout_s)

    def wait_until(self, holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
        ends_s = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < ends_s, f"not within {timeout_s} s: {self.status}"
            assert self.error is None, self.error
            time.sleep(0.02)

    def stops_within_s(self) -> float:
        """Stop it; returns how many seconds its thread took to end."""
        began_s = time.monotonic()
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()
        return time.monotonic() - began_s

    def _consume(self) -> None:
        try:
            for frame in self.source.frames():
                self.ages_s.append((datetime.now(UTC) - frame.captured_at).total_seconds())
                self.indexes.append(frame.index)
                self.media_times_s.append(frame.media_time_s)
                self.last = frame
                time.sleep(self._busy_s)
        except Exception as error:  # noqa: BLE001 - raised by wait_until
            self.error = error


def rises(numbers: list[Any]) -> bool:
    return all(a < b for a, b in itertools.pairwise(numbers))
