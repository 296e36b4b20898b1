"""What a simulated camera plays: a clip's encoded frames in a loop, with their SDP description."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from av.bitstream import BitStreamFilterContext

from vision.core import SourceError
from vision.demo.simulator.rtp import CLOCK_HZ, PAYLOAD_TYPE, split_annexb
from vision.sources.decoding import open_recording, video_stream

_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_PARAMETER_SETS = {"h264": {7: "sps", 8: "pps"}, "hevc": {32: "vps", 33: "sps", 34: "pps"}}


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One encoded frame."""

    at_s: float
    """Seconds since the stream began; goes on rising from loop to loop."""
    is_key: bool
    nals: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """The video that a simulated camera plays."""

    codec: str
    """`h264` or `hevc`."""
    fps: float
    announcement: str
    """The media lines of its SDP."""
    units: Callable[[], Iterator[AccessUnit]]
    """Starts the video again; it never ends."""


def stream_of_clip(path: Path) -> Stream:
    """The stream of an H.264 or HEVC clip without B-frames.

    Raises:
        SourceError: the clip has another codec.
    """
    with open_recording(path) as container:
        stream = video_stream(container)
        codec = stream.codec_context.name
        if codec not in _FILTERS:
            raise SourceError(f"{path}: {codec} cannot be streamed; prepare the clip first")
        fps = float(stream.average_rate or 25)
    first = next(_round(path, codec), None)
    if first is None:
        raise SourceError(f"{path}: it has no timestamps, so it cannot be streamed; prepare the clip first")
    return Stream(codec, fps, _announcement(codec, fps, first.nals), lambda: _looped(path, codec, 1 / fps))


def _looped(path: Path, codec: str, interval_s: float) -> Iterator[AccessUnit]:
    began_s = 0.0
    while True:
        ended_s = began_s
        for unit in _round(path, codec):
            ended_s = began_s + unit.at_s
            yield AccessUnit(ended_s, unit.is_key, unit.nals)
        began_s = ended_s + interval_s


def _round(path: Path, codec: str) -> Iterator[AccessUnit]:
    with open_recording(path) as container:
        stream = video_stream(container)
        annexb = BitStreamFilterContext(_FILTERS[codec], stream)
        first_s: float | None = None
        for demuxed in container.demux(stream):
            for packet in annexb.filter(demuxed) if demuxed.size else ():
                if packet.pts is None:
                    continue
                at_s = float(packet.pts * packet.time_base)
                first_s = at_s if first_s is None else first_s
                yield AccessUnit(at_s - first_s, packet.is_keyframe, tuple(split_annexb(bytes(packet))))


def _announcement(codec: str, fps: float, nals: tuple[bytes, ...]) -> str:
    sets: dict[str, bytes] = {}
    for nal in nals:
        kind = nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F
        if kind in _PARAMETER_SETS[codec]:
            sets[_PARAMETER_SETS[codec][kind]] = nal
    encoded = {name: b64encode(nal).decode() for name, nal in sets.items()}
    if codec == "h264":
        name = "H264"
        profile = sets["sps"][1:4].hex()
        parameters = (
            f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={encoded['sps']},{encoded['pps']}"
        )
    else:
        name = "H265"
        parameters = ";".join(f"sprop-{key}={encoded[key]}" for key in ("vps", "sps", "pps"))
    return "\r\n".join(
        (
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} {name}/{CLOCK_HZ}",
            f"a=fmtp:{PAYLOAD_TYPE} {parameters}",
            f"a=framerate:{fps:.3f}",
            "a=control:track0",
            "",
        )
    )
