"""Live cameras over RTSP: opened, watched, and opened anew until told to stop."""

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
from vision.sources.address import host_and_port, knock
from vision.sources.decoding import Decoder, prepare_decoder, pts_s
from vision.sources.failures import StreamLost, broken, not_opened, not_reached
from vision.sources.live import LiveFeed
from vision.sources.pictures import Picture, upright_size
from vision.sources.sampling import FrameSampler
from vision.sources.status import SourceState, SourceStatus, StatusBoard
from vision.sources.timeline import ArrivalAnchor, MediaTimeline
from vision.sources.watchdog import FrozenPicture, PictureDrought, RunawayRate

FIRST_RETRY_S = 0.5
"""The first wait after a failure; each further one is twice as long."""
RETRY_JITTER = 0.5
"""Cameras that failed together do not connect together: a wait is shortened by up to this part of it."""
STALLED_AFTER_S = 3.0
"""Without a picture for so long a camera is called stalled, long before its stream is given up."""
CLEAN_RUN = 3
"""So many pictures in a row must decode without damage before any is believed: noise can look like one or two."""
UNAUTHORIZED_WAIT_S = 60.0
"""Cameras lock a user out after a handful of wrong passwords; so no more than one attempt a minute."""


class RtspCamera:
    """Frames of one live camera, for ever.

    A thread of its own decodes, whatever becomes of the frames; the newest due one waits to be taken. Each way in which
    a camera can fail is a state with a reason; none ends the frames, only the stop does. Over reconnections `index` and
    `media_time_s` go on.

    Raises SourceError when the address lacks a host or names a variable that the environment lacks.
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
        self._anchor = ArrivalAnchor()
        self._sampler = FrameSampler(fps)
        self._board = StatusBoard(clock)
        self._feed = LiveFeed(camera_id, self._board, stop)
        self._index = 0
        self._last_picture_s = clock.monotonic()

    def frames(self) -> Iterator[Frame]:
        """Yield the newest due frame, again and again, until the stop is set. Can be called once."""
        yield from self._feed.frames(self._capture)
        self._board.enter(SourceState.STOPPED)

    def status(self) -> SourceStatus:
        quiet_s = self._clock.monotonic() - self._last_picture_s
        if quiet_s > self._stalled_after_s and self._board.state in (SourceState.ONLINE, SourceState.FROZEN):
            self._board.enter(SourceState.STALLED, f"no picture for {quiet_s:.0f} s")
        return self._board.snapshot(self._feed.slot.dropped)

    def _is_ending(self) -> bool:
        return self._stop.is_set() or self._feed.ending.is_set()

    def _capture(self) -> None:
        while not self._is_ending():
            try:
                self._follow_stream()
            except StreamLost as lost:
                if self._is_ending():
                    return
                self._board.enter(lost.state, lost.reason)
                self._timeline.break_off()
                wait_s = self._backoff.next_wait_s()
                if lost.state is SourceState.UNAUTHORIZED:
                    wait_s = UNAUTHORIZED_WAIT_S
                self._feed.ending.wait(wait_s)

    def _follow_stream(self) -> None:
        """Take the stream's pictures. Returns when told to end; raises StreamLost when the stream does."""
        with self._open() as container:
            decoder = self._prepare(container)
            frozen = FrozenPicture(self._source.frozen_after.total_seconds())
            runaway = RunawayRate(decoder.declared_fps)
            drought = PictureDrought(self._read_timeout_s, self._clock.monotonic())
            is_first = True
            for decoded in self._decoded(container, decoder, drought):
                now_s = self._clock.monotonic()
                if is_first:
                    self._begins(decoder)
                    is_first = False
                self._take(decoded, now_s, is_frozen=frozen.is_frozen(decoded, now_s))
                runaway.add(now_s)

    def _open(self) -> InputContainer:
        try:
            knock(self._host, self._port, self._connect_timeout_s)
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
            raise not_opened(error, timeout_s=self._read_timeout_s, has_timed_out=has_timed_out) from None

    def _prepare(self, container: InputContainer) -> Decoder:
        try:
            decoder = prepare_decoder(container, is_live=True)
        except SourceError as error:
            raise StreamLost(SourceState.GARBAGE, f"the stream: {error}") from None
        self._timeline.nominal_interval_s = decoder.nominal_interval_s
        self._anchor.held_back_s = decoder.nominal_interval_s  # libav ends a picture when the next one begins
        return decoder

    def _begins(self, decoder: Decoder) -> None:
        if self._index:
            self._board.reconnected()
        self._board.decodes(decoder.codec, decoder.mode)
        self._backoff.reset()

    def _decoded(self, container: InputContainer, decoder: Decoder, drought: PictureDrought) -> Iterator[av.VideoFrame]:
        clean_run = 0
        try:
            for packet in container.demux(decoder.stream):
                if self._is_ending():
                    return
                pictures = _clean_pictures(packet)
                clean_run = 0 if pictures is None else clean_run + len(pictures)
                if pictures and clean_run >= CLEAN_RUN:
                    drought.add(self._clock.monotonic())
                    yield from pictures
                drought.check(self._clock.monotonic())
        except av.error.FFmpegError as error:
            raise broken(error, self._read_timeout_s) from None
        raise StreamLost(SourceState.UNREACHABLE, "the camera ended the stream; connecting anew")

    def _take(self, decoded: av.VideoFrame, now_s: float, *, is_frozen: bool) -> None:
        self._last_picture_s = now_s
        self._board.received(*upright_size(decoded))
        if is_frozen:
            seconds = self._source.frozen_after.total_seconds()
            self._board.enter(SourceState.FROZEN, f"the very same picture for {seconds:g} s and more")
        elif self._board.state is not SourceState.ONLINE:
            self._board.enter(SourceState.ONLINE)
        media_time_s = self._timeline.advance(pts_s(decoded), now_s)
        captured_at = self._anchor.captured_at(media_time_s, self._clock.now())
        if self._sampler.due(media_time_s):
            self._feed.slot.put(Picture(decoded, self._index, media_time_s, captured_at))
        self._index += 1


def _clean_pictures(packet: "av.Packet[VideoStream]") -> list[av.VideoFrame] | None:
    """What the packet decodes to; None when it is damaged."""
    try:
        pictures = list(packet.decode())
    except av.error.InvalidDataError:
        return None
    return None if any(picture.is_corrupt for picture in pictures) else pictures
