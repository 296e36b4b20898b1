"""One RTSP connection (RFC 2326): answers requests and sends the video."""

import asyncio
import re
import secrets
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from vision.demo.simulator.access import Access
from vision.demo.simulator.player import Player, Send, Viewer

MAX_BUFFERED_BYTES = 4_000_000
SESSION_TIMEOUT_S = 60
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
_REASONS |= {454: "Session Not Found", 455: "Method Not Valid in This State", 461: "Unsupported Transport"}


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request."""

    method: str
    url: str
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def mount(self) -> str:
        """The camera that the address names: the first part of its path."""
        path = re.sub(r"^rtsps?://[^/]*", "", self.url)
        return path.strip("/").split("/")[0].split("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class Session:
    """Serves one client until it leaves."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        players: Mapping[str, Player],
        access: Access | None,
        datagrams: asyncio.DatagramTransport,
        datagram_ports: tuple[int, int],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._players = players
        self._access = access
        self._datagrams = datagrams
        self._datagram_ports = datagram_ports
        self._id = secrets.token_hex(4)
        self._send: Send | None = None
        self._viewer: Viewer | None = None
        self._player: Player | None = None

    async def serve(self) -> None:
        """Answer requests until the connection closes."""
        try:
            while request := await self._next_request():
                answer = self._answer(request)
                self._reply(request, answer)
                if answer.status == 200 and request.method == "PLAY":
                    self._begin()
                if request.method == "TEARDOWN":
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            self._end()
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _next_request(self) -> Request | None:
        """The client's next request; RTCP packets before it are ignored."""
        while (first := await self._reader.read(1)) == b"$":
            _, length = struct.unpack(">BH", await self._reader.readexactly(3))
            await self._reader.readexactly(length)
        if not first:
            return None
        head = (first + await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
        start, *lines = head.strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        await self._reader.readexactly(int(headers.get("content-length", "0")))
        method, _, rest = start.partition(" ")
        return Request(method, rest.partition(" ")[0], headers)

    def _answer(self, request: Request) -> Answer:
        if request.method == "OPTIONS":
            return Answer(headers=(("Public", METHODS),))
        if self._access and not self._access.admits(request.method, request.headers.get("authorization", "")):
            return Answer(401, tuple(("WWW-Authenticate", challenge) for challenge in self._access.challenges))
        handler = {"DESCRIBE": self._describe, "SETUP": self._set_up, "PLAY": self._play, "PAUSE": self._pause}.get(
            request.method
        )
        if handler is not None:
            return handler(request)
        return Answer() if request.method in METHODS.split(", ") else Answer(405, (("Allow", METHODS),))

    def _describe(self, request: Request) -> Answer:
        player = self._players.get(request.mount)
        if player is None:
            return Answer(404)
        host = self._writer.get_extra_info("sockname")[0]
        session = f"v=0\r\no=- {self._id} 1 IN IP4 {host}\r\ns={request.mount}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
        body = session + "a=control:*\r\na=range:npt=now-\r\n" + player.stream.announcement
        base = request.url.rstrip("/") + "/"
        return Answer(headers=(("Content-Type", "application/sdp"), ("Content-Base", base)), body=body)

    def _set_up(self, request: Request) -> Answer:
        self._player = self._players.get(request.mount)
        if self._player is None:
            return Answer(404)
        wanted = request.headers.get("transport", "")
        if match := re.search(r"interleaved=(\d+)", wanted):
            channel = int(match[1])
            self._send = self._through_connection(channel)
            agreed = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        elif match := re.search(r"client_port=(\d+)-(\d+)", wanted):
            self._send = self._by_datagrams(int(match[1]))
            agreed = f"RTP/AVP;unicast;client_port={match[1]}-{match[2]};server_port={_span(self._datagram_ports)}"
        else:
            return Answer(461)
        session = f"{self._id};timeout={SESSION_TIMEOUT_S}"
        return Answer(headers=(("Transport", agreed), ("Session", session)))

    def _play(self, _: Request) -> Answer:
        if self._send is None:
            return Answer(455)
        return Answer(headers=(("Session", self._id), ("Range", "npt=now-")))

    def _pause(self, _: Request) -> Answer:
        self._end()
        return Answer(headers=(("Session", self._id),))

    def _begin(self) -> None:
        if self._send is not None and self._player is not None and self._viewer is None:
            self._viewer = Viewer(self._send)
            self._player.viewers.add(self._viewer)

    def _end(self) -> None:
        if self._player is not None and self._viewer is not None:
            self._player.viewers.discard(self._viewer)
        self._viewer = None

    def _through_connection(self, channel: int) -> Send:
        def send(packets: list[bytes]) -> bool:
            transport = self._writer.transport
            if transport.is_closing() or transport.get_write_buffer_size() > MAX_BUFFERED_BYTES:
                return False
            framed = (struct.pack(">BBH", 0x24, channel, len(packet)) + packet for packet in packets)
            transport.write(b"".join(framed))
            return True

        return send

    def _by_datagrams(self, port: int) -> Send:
        address = (self._writer.get_extra_info("peername")[0], port)

        def send(packets: list[bytes]) -> bool:
            for packet in packets:
                self._datagrams.sendto(packet, address)
            return True

        return send

    def _reply(self, request: Request, answer: Answer) -> None:
        lines = [f"RTSP/1.0 {answer.status} {_REASONS[answer.status]}", f"CSeq: {request.headers.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if answer.body:
            lines.append(f"Content-Length: {len(answer.body.encode())}")
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n" + answer.body).encode())


def _span(ports: tuple[int, int]) -> str:
    return f"{ports[0]}-{ports[1]}"
