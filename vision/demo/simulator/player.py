"""Plays one simulated camera in real time; all viewers get the same frames at the same time."""

import asyncio
import secrets
from collections.abc import Callable

from vision.demo.simulator.media import Stream
from vision.demo.simulator.rtp import Packetizer

MAX_LATENESS_S = 1.0

Send = Callable[[list[bytes]], bool]
"""Sends a frame's RTP packets; returns False when the viewer is too slow."""


class Viewer:
    """Gets frames from the next key frame on; after one that could not be sent, from the next key frame again."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_synchronized = False

    def send(self, packets: list[bytes], *, is_key: bool) -> None:
        if self._is_synchronized or is_key:
            self._is_synchronized = self._send(packets)


class Player:
    """Plays a stream in real time, without end, to any number of viewers."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.viewers: set[Viewer] = set()
        self._packetizer = Packetizer(stream.codec, ssrc=secrets.randbits(32))

    async def play(self) -> None:
        """Run until cancelled."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        for unit in self.stream.units():
            wait_s = started_s + unit.at_s - loop.time()
            if wait_s < -MAX_LATENESS_S:
                started_s -= wait_s
            await asyncio.sleep(max(0.0, wait_s))
            if self.viewers and unit.nals:
                packets = self._packetizer.packets(unit.nals, unit.at_s)
                for viewer in tuple(self.viewers):
                    viewer.send(packets, is_key=unit.is_key)
