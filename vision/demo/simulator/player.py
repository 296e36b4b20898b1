"""One simulated camera at its live point: whoever looks sees the same pictures at the same time."""

import asyncio
import secrets
from collections.abc import Callable

from vision.demo.simulator.media import Show
from vision.demo.simulator.rtp import Packetizer

LATENESS_FORGIVEN_S = 1.0

Send = Callable[[list[bytes]], bool]
"""Sends a picture's RTP packets; False when the viewer cannot keep up."""


class Viewer:
    """Gets pictures from the next key picture on; after one that could not be sent, again from a key picture on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_in_step = False

    def show(self, packets: list[bytes], *, is_key: bool) -> None:
        if self._is_in_step or is_key:
            self._is_in_step = self._send(packets)


class Player:
    """Plays a show for ever at its own pace, to any number of viewers."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.viewers: set[Viewer] = set()
        self._packetizer = Packetizer(show.codec, ssrc=secrets.randbits(32))

    async def play(self) -> None:
        """Run until cancelled."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        for unit in self.show.units():
            wait_s = started_s + unit.at_s - loop.time()
            if wait_s < -LATENESS_FORGIVEN_S:
                started_s -= wait_s
            await asyncio.sleep(max(0.0, wait_s))
            if self.viewers and unit.nals:
                packets = self._packetizer.packets(unit.nals, unit.at_s)
                for viewer in tuple(self.viewers):
                    viewer.show(packets, is_key=unit.is_key)
