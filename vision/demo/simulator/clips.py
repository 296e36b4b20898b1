"""Prepares clips for streaming: encodes them as cameras do, once, and keeps the result."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from vision.core import SourceError
from vision.sources.decoding import open_recording, video_stream
from vision.sources.file import VideoFile, VideoInfo, probe

MAX_GOP_S = 2.5
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".ts"})
_TIME_BASE = Fraction(1, 90_000)
_ENCODERS = {"h264": ("libx264", "veryfast"), "hevc": ("libx265", "ultrafast")}

Progress = Callable[[float], None]
"""Called with the part that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """How a clip is streamed."""

    codec: str | None = None
    """`h264` or `hevc`; None: the clip's."""
    size: tuple[int, int] | None = None
    """Largest width and height in pixels, keeping the aspect ratio; None: the clip's."""
    fps: float | None = None
    """Largest frame rate; None: the clip's."""


def find_clips(paths: list[Path]) -> list[Path]:
    """The given clips and those in the given folders, in order.

    Raises:
        SourceError: a path does not exist, or there is no clip.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise SourceError(f"{path}: there is no such clip or folder; check the path")
        inside = (p for p in path.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES) if path.is_dir() else (path,)
        found.extend(sorted(inside))
    if not found:
        named = ", ".join(str(path) for path in paths)
        raise SourceError(f"{named}: it contains no video; expected one of {', '.join(sorted(VIDEO_SUFFIXES))}")
    return found


def prepare_clip(clip: Path, cache: Path, wanted: StreamFormat, progress: Progress = lambda _: None) -> Path:
    """A file that can be streamed: H.264 or HEVC, upright, without B-frames, a key frame at least every 2.5 s.

    It is the clip itself where that fits; otherwise the clip is encoded and kept in `cache`.
    """
    info = probe(clip)
    if _is_fit(clip, info, wanted):
        return clip
    made = cache / f"{clip.stem}-{_fingerprint(clip, wanted)}.mp4"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = made.with_suffix(".part")
        _encode(clip, unfinished, info, wanted, progress)
        unfinished.replace(made)
    progress(1.0)
    return made


def fitted(width_px: int, height_px: int, box: tuple[int, int] | None) -> tuple[int, int]:
    """The largest size of the same aspect ratio within `box`; even, as encoders require."""
    scale = 1.0 if box is None else min(box[0] / width_px, box[1] / height_px)
    return max(2, round(width_px * scale / 2) * 2), max(2, round(height_px * scale / 2) * 2)


def _is_fit(clip: Path, info: VideoInfo, wanted: StreamFormat) -> bool:
    if wanted.codec not in (None, info.codec) or info.codec not in _ENCODERS:
        return False
    if fitted(info.width_px, info.height_px, wanted.size) != (info.width_px, info.height_px):
        return False
    if wanted.fps is not None and info.fps > wanted.fps * 1.01:
        return False
    if not info.has_timestamps:
        return False
    with open_recording(clip) as container:
        context = video_stream(container).codec_context
        is_upright = (context.width, context.height) == (info.width_px, info.height_px)
        return is_upright and not context.has_b_frames and _longest_gop_s(container) <= MAX_GOP_S


def _longest_gop_s(container: InputContainer) -> float:
    longest_s, key_s, last_s = 0.0, 0.0, 0.0
    for packet in container.demux(video_stream(container)):
        if packet.pts is None:
            continue
        last_s = float(packet.pts * packet.time_base)
        if packet.is_keyframe:
            key_s = last_s
        longest_s = max(longest_s, last_s - key_s)
    return longest_s


def _encode(clip: Path, target: Path, info: VideoInfo, wanted: StreamFormat, progress: Progress) -> None:
    size = fitted(info.width_px, info.height_px, wanted.size)
    fps = min(info.fps or 25.0, wanted.fps or 120.0)
    with av.open(f"file:{target}", "w", format="mp4") as container:
        stream = _video_stream(container, wanted.codec or "h264", size, fps)
        for video_frame, at_s in _video_frames(clip, size, wanted.fps):
            video_frame.pts, video_frame.time_base = round(at_s / _TIME_BASE), _TIME_BASE
            container.mux(stream.encode(video_frame))
            progress(min(1.0, at_s / info.duration_s) if info.duration_s else 0.0)
        container.mux(stream.encode(None))


def _video_stream(container: OutputContainer, codec: str, size: tuple[int, int], fps: float) -> VideoStream:
    """A stream with a key frame per second and no B-frames."""
    name, preset = _ENCODERS[codec]
    stream = cast("VideoStream", container.add_stream(name, rate=Fraction(fps).limit_denominator(1001)))
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _TIME_BASE
    stream.codec_context.gop_size = round(fps)
    stream.codec_context.options = {
        "preset": preset,
        "crf": "23",
        "bf": "0",
        "x265-params": "bframes=0:log-level=none:open-gop=0",
    }
    return stream


def _video_frames(clip: Path, size: tuple[int, int], fps: float | None) -> Iterator[tuple[av.VideoFrame, float]]:
    for frame in VideoFile(clip, fps=fps).frames():
        video_frame = av.VideoFrame.from_ndarray(frame.image, format="bgr24")
        yield video_frame.reformat(*size, format="yuv420p", interpolation="AREA", threads=1), frame.media_time_s


def _fingerprint(clip: Path, wanted: StreamFormat) -> str:
    facts = clip.stat()
    text = f"{clip.resolve()}|{facts.st_size}|{facts.st_mtime_ns}|{wanted}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]
