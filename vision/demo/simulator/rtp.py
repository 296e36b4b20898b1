"""Splits encoded frames into RTP packets: RFC 6184 for H.264, RFC 7798 for HEVC."""

import re
import struct
from collections.abc import Iterator

MAX_PAYLOAD_BYTES = 1400
PAYLOAD_TYPE = 96
CLOCK_HZ = 90_000

_START_CODE = re.compile(rb"\x00\x00+\x01")
_FU_A = 28
_HEVC_FU = 49


def split_annexb(data: bytes) -> list[bytes]:
    """The NAL units of an access unit in Annex B form."""
    return [unit.rstrip(b"\0") for unit in _START_CODE.split(data) if unit.strip(b"\0")]


def payloads(nal: bytes, codec: str) -> Iterator[bytes]:
    """RTP payloads of one NAL unit (`codec`: `h264` or `hevc`), fragmented where it is too long."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        yield nal
        return
    if codec == "h264":
        head, kind, body = bytes([nal[0] & 0xE0 | _FU_A]), nal[0] & 0x1F, nal[1:]
    else:
        head, kind, body = bytes([nal[0] & 0x81 | _HEVC_FU << 1, nal[1]]), nal[0] >> 1 & 0x3F, nal[2:]
    room = MAX_PAYLOAD_BYTES - len(head) - 1
    for start in range(0, len(body), room):
        is_first, is_last = start == 0, start + room >= len(body)
        yield head + bytes([is_first << 7 | is_last << 6 | kind]) + body[start : start + room]


class Packetizer:
    """Makes the RTP packets of one stream, with sequence numbers and timestamps."""

    def __init__(self, codec: str, ssrc: int) -> None:
        self._codec = codec
        self._ssrc = ssrc
        self._sequence = 0

    def packets(self, nals: tuple[bytes, ...], at_s: float) -> list[bytes]:
        """The RTP packets of one frame captured `at_s` on the stream's clock; the last one carries the marker."""
        bodies = [body for nal in nals for body in payloads(nal, self._codec)]
        stamp = round(at_s * CLOCK_HZ) & 0xFFFFFFFF
        return [self._header(stamp, is_last=n == len(bodies)) + body for n, body in enumerate(bodies, 1)]

    def _header(self, stamp: int, *, is_last: bool) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        return struct.pack(">BBHII", 0x80, is_last << 7 | PAYLOAD_TYPE, self._sequence, stamp, self._ssrc)
