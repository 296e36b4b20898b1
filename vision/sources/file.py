"""Reads recordings, as fast as they decode or in real time like a camera."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av
from av.container import InputContainer

from vision.common.redaction import redact
from vision.core import Clock, Frame, SourceError, SystemClock
from vision.sources.conversion import DecodedFrame, FrameConverter, OrientationReader, orientation_of, upright_size
from vision.sources.decoding import Decoder, open_recording, prepare_decoder, pts_s
from vision.sources.live import LiveFeed
from vision.sources.sampling import FrameSampler
from vision.sources.status import SourceState, SourceStatus, StatusTracker
from vision.sources.timeline import ArrivalAnchor, MediaTimeline

MAX_LATENESS_S = 1.0
"""A paced recording that is later than this goes on from now instead of catching up."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The metadata of a recording."""

    width_px: int
    height_px: int
    """Of the upright image."""
    codec: str
    fps: float
    """On average; 0 where the recording does not say."""
    duration_s: float
    """0 where the recording does not say."""
    has_timestamps: bool = True
    """False for a raw stream."""

    @property
    def frames(self) -> int:
        """The expected number of frames: an estimate, for a progress bar."""
        return round(self.duration_s * self.fps)


def probe(path: Path) -> VideoInfo:
    """Read a recording's metadata and its first frame.

    Raises:
        SourceError: the file is missing, or no frame can be decoded.
    """
    with _open(path) as container:
        decoder = _prepare(container, path)
        first = next(_decoded(container, decoder), None)
        if first is None:
            raise _undecodable(path)
        width_px, height_px = upright_size(first, orientation_of(first))
        fps = decoder.declared_fps or 0.0
        return VideoInfo(width_px, height_px, decoder.codec, fps, _duration_s(container), decoder.has_timestamps)


class VideoFile:
    """Frames of one recording.

    Unpaced, every due frame is yielded, as fast as the consumer takes them; `captured_at` is `started_at` (default:
    when `frames()` is called) plus the media time. Paced, it plays in real time like a camera: frames not taken in time
    are dropped, and `captured_at` is when the frame was due. In a loop, `index` and `media_time_s` go on rising.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        camera_id: str = "file",
        fps: float | None = None,
        loop: bool = False,
        paced: bool = False,
        started_at: datetime | None = None,
        stop: threading.Event | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._path = Path(path)
        self._camera_id = camera_id
        self._loop = loop
        self._paced = paced
        self._started_at = started_at
        self._stop = stop or threading.Event()
        self._clock = clock or SystemClock()
        self._sampler = FrameSampler(fps)
        self._timeline = MediaTimeline()
        self._orientation = OrientationReader()
        self._has_timestamps = True
        self.declared_s = 0.0
        """The duration that the file declares, seconds; 0 before it is opened, or where it declares none."""
        self._status = StatusTracker(self._clock)
        self._feed = LiveFeed(camera_id, self._status, self._stop)

    def status(self) -> SourceStatus:
        """The status now, from any thread."""
        return self._status.snapshot(self._feed.slot.dropped)

    @property
    def gaps(self) -> int:
        """How often the recording's timestamps have jumped; the jumps are no part of the media time."""
        return self._timeline.jumps

    def frames(self) -> Iterator[Frame]:
        """Yield the due frames. Can be called once.

        Raises:
            SourceError: the file is missing, or no frame can be decoded.
        """
        try:
            yield from self._feed.frames(self._play) if self._paced else self._as_fast_as_possible()
        except SourceError as error:
            self._status.enter(SourceState.UNREACHABLE, str(error))
            raise
        if self._stop.is_set():
            self._status.enter(SourceState.STOPPED)
        else:
            self._status.enter(SourceState.ENDED, f"{self._path.name} is at its end")

    def _as_fast_as_possible(self) -> Iterator[Frame]:
        converter = FrameConverter(self._camera_id)
        started_at = self._started_at or self._clock.now()
        for index, media_time_s, video_frame in self._timed():
            if self._sampler.due(media_time_s):
                captured_at = started_at + timedelta(seconds=media_time_s)
                self._status.count_converted()
                yield converter.to_frame(self._decoded(video_frame, index, media_time_s, captured_at))

    def _play(self) -> None:
        anchor = ArrivalAnchor()
        started_s = self._clock.monotonic()
        for index, media_time_s, video_frame in self._timed():
            wait_s = started_s + media_time_s - self._clock.monotonic()
            if wait_s < -MAX_LATENESS_S:
                started_s -= wait_s
            if self._feed.ending.wait(max(wait_s, 0.0)):
                return
            captured_at = anchor.captured_at(media_time_s, self._clock.now())
            if self._sampler.due(media_time_s):
                self._feed.slot.put(self._decoded(video_frame, index, media_time_s, captured_at))

    def _decoded(
        self, video_frame: av.VideoFrame, index: int, media_time_s: float, captured_at: datetime
    ) -> DecodedFrame:
        return DecodedFrame(video_frame, index, media_time_s, captured_at, self._orientation.of(video_frame))

    def _timed(self) -> Iterator[tuple[int, float, av.VideoFrame]]:
        """Every frame with its index and media time, over all rounds of a loop."""
        for index, video_frame in enumerate(self._rounds()):
            media_time_s = self._timeline.advance(pts_s(video_frame) if self._has_timestamps else None)
            self._status.count_received(*upright_size(video_frame, self._orientation.of(video_frame)))
            yield index, media_time_s, video_frame

    def _rounds(self) -> Iterator[av.VideoFrame]:
        while True:
            yield from self._once()
            if not self._loop or self._stop.is_set():
                return
            self._timeline.restart()

    def _once(self) -> Iterator[av.VideoFrame]:
        with _open(self._path) as container:
            decoder = _prepare(container, self._path)
            self._timeline.nominal_interval_s = decoder.nominal_interval_s
            self._has_timestamps = decoder.has_timestamps
            self.declared_s = _duration_s(container)
            frames = 0
            for video_frame in _decoded(container, decoder):
                if self._stop.is_set():
                    return
                if not frames:
                    self._status.set_decoder(decoder.codec, decoder.mode)
                    self._status.enter(SourceState.ONLINE)
                frames += 1
                yield video_frame
        if not frames:
            raise _undecodable(self._path)
        if frames == 1:
            raise SourceError(f"{self._path}: it holds a single picture, not a video")


def _duration_s(container: InputContainer) -> float:
    return 0.0 if container.duration is None else container.duration / av.time_base


def _open(path: Path) -> InputContainer:
    if not path.is_file():
        raise SourceError(f"{redact(str(path))}: there is no such file; check the path")
    try:
        return open_recording(path)
    except av.error.FFmpegError as error:
        raise SourceError(
            f"{path}: it cannot be read as a video ({error.strerror}); is it truncated or damaged?"
        ) from error


def _prepare(container: InputContainer, path: Path) -> Decoder:
    try:
        return prepare_decoder(container, is_live=False)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error


def _decoded(container: InputContainer, decoder: Decoder) -> Iterator[av.VideoFrame]:
    """Every frame that can be decoded; damaged packets are skipped."""
    try:
        for packet in container.demux(decoder.stream):
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue
    except av.error.InvalidDataError:
        return


def _undecodable(path: Path) -> SourceError:
    return SourceError(f"{path}: no frame can be decoded; is it truncated or damaged?")
