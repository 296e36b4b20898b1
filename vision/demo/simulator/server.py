"""An RTSP server that plays simulated cameras."""

import asyncio
import errno
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from vision.core import SourceError
from vision.demo.simulator.access import Access
from vision.demo.simulator.media import Stream
from vision.demo.simulator.player import Player
from vision.demo.simulator.session import Session

DEFAULT_PORT = 8554


class RtspServer:
    """Serves each stream at `rtsp://host:port/<name>`, over TCP and UDP, in one asyncio loop."""

    def __init__(
        self, streams: Mapping[str, Stream], *, host: str = "127.0.0.1", port: int = 0, access: Access | None = None
    ) -> None:
        self.host = host
        self.port = port
        self._players = {name: Player(stream) for name, stream in streams.items()}
        self._access = access
        self._playing: list[asyncio.Task[None]] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._datagrams: list[asyncio.DatagramTransport] = []

    @property
    def urls(self) -> dict[str, str]:
        """Each camera's address, without credentials."""
        return {name: f"rtsp://{self.host}:{self.port}/{name}" for name in self._players}

    async def start(self) -> None:
        """Listen and play; port 0 takes a free one.

        Raises:
            SourceError: the port is taken.
        """
        try:
            self._server = await asyncio.start_server(self._serve, self.host, self.port)
        except OSError as error:
            raise _cannot_listen(self.host, self.port, error) from error
        self.port = self._server.sockets[0].getsockname()[1]
        for _ in ("RTP", "RTCP"):
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=(self.host, 0)
            )
            self._datagrams.append(transport)
        self._playing = [asyncio.create_task(player.play()) for player in self._players.values()]

    async def close(self) -> None:
        """Stop listening and disconnect every client."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        for task in self._playing:
            task.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)
        for transport in self._datagrams:
            transport.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports = [transport.get_extra_info("sockname")[1] for transport in self._datagrams]
        session = Session(
            reader,
            writer,
            players=self._players,
            access=self._access,
            datagrams=self._datagrams[0],
            datagram_ports=(ports[0], ports[1]),
        )
        self._writers.add(writer)
        try:
            await session.serve()
        finally:
            self._writers.discard(writer)


class SimulatedCameras:
    """An RTSP server in a thread of its own: `with SimulatedCameras(streams) as cameras: cameras.urls["road"]`."""

    def __init__(
        self, streams: Mapping[str, Stream], *, host: str = "127.0.0.1", port: int = 0, access: Access | None = None
    ) -> None:
        self._server = RtspServer(streams, host=host, port=port, access=access)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulated-cameras", daemon=True)

    @property
    def urls(self) -> dict[str, str]:
        return self._server.urls

    @property
    def port(self) -> int:
        return self._server.port

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result()
        except SourceError:
            self._end_loop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result()
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _cannot_listen(host: str, port: int, error: OSError) -> SourceError:
    if error.errno == errno.EADDRINUSE:
        return SourceError(
            f"port {port} on {host} is taken by another program: name a free one with --port, or --port 0"
        )
    return SourceError(f"cannot listen on {host}:{port}: {error.strerror}; name another --host or --port")
