"""Reads live cameras over RTSP, and reconnects after every failure until it is stopped."""

import threading
from collections.abc import Iterator

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vision.common.backoff import Backoff
from vision.config.environment import resolve_url
from vision.config.errors import ConfigError
from vision.config.sources import RtspSource
from vision.core import Clock, Frame, SourceError
from vision.sources.connection import StreamLost, broken, check_reachable, host_and_port, not_opened, not_reached
from vision.sources.conversion import DecodedFrame, OrientationReader, upright_size
from vision.sources.decoding import Decoder, prepare_decoder, pts_s
from vision.sources.live import LiveFeed
from vision.sources.sampling import FrameSampler
from vision.sources.status import SourceState, SourceStatus, StatusTracker
from vision.sources.timeline import ArrivalAnchor, MediaTimeline
from vision.sources.watchdog import DecodeTimeout, FrozenImage, RunawayRate

FIRST_RETRY_S = 0.5
"""The first wait after a failure; each further one is twice as long."""
RETRY_JITTER = 0.5
"""Cameras that failed together do not connect together: a wait is shortened by up to this part of it."""
STALLED_AFTER_S = 3.0
"""Without a frame for this long a camera is reported as stalled, before its stream is given up."""
CLEAN_RUN = 3
"""This many frames in a row must decode without damage before any is used: noise can decode as one or two."""
UNAUTHORIZED_WAIT_S = 60.0
"""Cameras lock a user out after a few wrong passwords, so there is at most one attempt per minute."""


class RtspCamera:
    """Frames of one live camera, without end.

    A thread of its own decodes; the newest due frame waits to be taken, older ones are dropped. Every failure is a
    state with a reason, and is followed by a reconnection; only `stop` ends the frames. `index` and `media_time_s` go
    on across reconnections.

    Raises:
        SourceError: the address has no host, or names a variable that the environment lacks.
    """

    def __init__(
        self, source: RtspSource, *, camera_id: str, fps: float | None, stop: threading.Event, clock: Clock
    ) -> None:
        self._source = source
        self._connect_timeout_s = source.connect_timeout.total_seconds()
        self._read_timeout_s = source.read_timeout.total_seconds()
        self._stalled_after_s = min(STALLED_AFTER_S, self._read_timeout_s)
        try:
            self._url = resolve_url(source)
            self._host, self._port = host_and_port(self._url)
        except (ConfigError, SourceError) as error:
            raise SourceError(f"camera '{camera_id}': {error}") from error
        self._stop = stop
        self._clock = clock
        self._backoff = Backoff(
            first_s=FIRST_RETRY_S, longest_s=source.retry_at_most.total_seconds(), jitter=RETRY_JITTER
        )
        self._timeline = MediaTimeline()
        self._orientation = OrientationReader()
        self._anchor = ArrivalAnchor()
        self._sampler = FrameSampler(fps)
        self._status = StatusTracker(clock)
        self._feed = LiveFeed(camera_id, self._status, stop)
        self._index = 0
        self._last_frame_s = clock.monotonic()

    def frames(self) -> Iterator[Frame]:
        """Yield the newest due frame, again and again, until `stop` is set. Can be called once."""
        yield from self._feed.frames(self._capture)
        self._status.enter(SourceState.STOPPED)

    def status(self) -> SourceStatus:
        """The status now, from any thread."""
        quiet_s = self._clock.monotonic() - self._last_frame_s
        if quiet_s > self._stalled_after_s and self._status.state in (SourceState.ONLINE, SourceState.FROZEN):
            self._status.enter(SourceState.STALLED, f"no frame for {quiet_s:.0f} s")
        return self._status.snapshot(self._feed.slot.dropped)

    def _is_ending(self) -> bool:
        return self._stop.is_set() or self._feed.ending.is_set()

    def _capture(self) -> None:
        while not self._is_ending():
            try:
                self._read_stream()
            except StreamLost as lost:
                if self._is_ending():
                    return
                self._status.enter(lost.state, lost.reason)
                self._timeline.restart()
                wait_s = self._backoff.next_wait_s()
                if lost.state is SourceState.UNAUTHORIZED:
                    wait_s = UNAUTHORIZED_WAIT_S
                self._feed.ending.wait(wait_s)

    def _read_stream(self) -> None:
        """Read frames until `stop` is set.

        Raises:
            StreamLost: the stream cannot be opened, or it ends.
        """
        with self._open() as container:
            decoder = self._prepare(container)
            frozen = FrozenImage(self._source.frozen_after.total_seconds())
            runaway = RunawayRate(decoder.declared_fps)
            decode_timeout = DecodeTimeout(self._read_timeout_s, self._clock.monotonic())
            is_first = True
            for video_frame in self._decoded(container, decoder, decode_timeout):
                now_s = self._clock.monotonic()
                if is_first:
                    self._on_first_frame(decoder)
                    is_first = False
                self._take(video_frame, now_s, is_frozen=frozen.is_frozen(video_frame, now_s))
                runaway.add(now_s)

    def _open(self) -> InputContainer:
        try:
            check_reachable(self._host, self._port, self._connect_timeout_s)
        except OSError as error:
            raise not_reached(error, self._host, self._port) from None
        options = {
            "rtsp_transport": str(self._source.transport),
            "allowed_media_types": "video",
            "fpsprobesize": "0",
            "buffer_size": str(1 << 20),
        }
        began_s = self._clock.monotonic()
        try:
            return av.open(self._url, format="rtsp", options=options, timeout=(self._read_timeout_s,) * 2)
        except av.error.FFmpegError as error:
            has_timed_out = self._clock.monotonic() - began_s >= self._read_timeout_s
            raise not_opened(
                error,
                timeout_s=self._read_timeout_s,
                has_timed_out=has_timed_out,
                transport=str(self._source.transport),
            ) from None

    def _prepare(self, container: InputContainer) -> Decoder:
        try:
            decoder = prepare_decoder(container, is_live=True)
        except SourceError as error:
            raise StreamLost(SourceState.GARBAGE, f"the stream: {error}") from None
        self._timeline.nominal_interval_s = decoder.nominal_interval_s
        self._anchor.held_back_s = decoder.nominal_interval_s  # libav completes a frame when the next one begins
        return decoder

    def _on_first_frame(self, decoder: Decoder) -> None:
        if self._index:
            self._status.count_reconnect()
        self._status.set_decoder(decoder.codec, decoder.mode)
        self._backoff.reset()

    def _decoded(
        self, container: InputContainer, decoder: Decoder, decode_timeout: DecodeTimeout
    ) -> Iterator[av.VideoFrame]:
        clean_run = 0
        try:
            for packet in container.demux(decoder.stream):
                if self._is_ending():
                    return
                frames = _clean_frames(packet)
                clean_run = 0 if frames is None else clean_run + len(frames)
                if frames and clean_run >= CLEAN_RUN:
                    decode_timeout.add(self._clock.monotonic())
                    yield from frames
                decode_timeout.check(self._clock.monotonic())
        except av.error.FFmpegError as error:
            raise broken(error, self._read_timeout_s) from None
        raise StreamLost(SourceState.UNREACHABLE, "the camera ended the stream; reconnecting")

    def _take(self, video_frame: av.VideoFrame, now_s: float, *, is_frozen: bool) -> None:
        self._last_frame_s = now_s
        orientation = self._orientation.of(video_frame)
        self._status.count_received(*upright_size(video_frame, orientation))
        if is_frozen:
            seconds = self._source.frozen_after.total_seconds()
            self._status.enter(SourceState.FROZEN, f"exactly the same image for {seconds:g} s or more")
        elif self._status.state is not SourceState.ONLINE:
            self._status.enter(SourceState.ONLINE)
        media_time_s = self._timeline.advance(pts_s(video_frame), now_s)
        captured_at = self._anchor.captured_at(media_time_s, self._clock.now())
        if self._sampler.due(media_time_s):
            self._feed.slot.put(DecodedFrame(video_frame, self._index, media_time_s, captured_at, orientation))
        self._index += 1


def _clean_frames(packet: "av.Packet[VideoStream]") -> list[av.VideoFrame] | None:
    """The frames of a packet; None when it is damaged."""
    try:
        frames = list(packet.decode())
    except av.error.InvalidDataError:
        return None
    return None if any(frame.is_corrupt for frame in frames) else frames
