"""uvicorn, configured to end clients' streams before it waits for their connections."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SHUTDOWN_S = 5
HEAD_WITHIN_S = 10.0
"""A request whose headers take longer to arrive is given up, so that half-sent ones cannot use up all connections."""
MAX_HEAD_BYTES = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on the head of a request: it must be small and arrive in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_bytes: int | None = 0
        self._give_up = self.loop.call_later(HEAD_WITHIN_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_up.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_bytes is None:
            self._head_bytes = 0
            self._give_up = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def on_headers_complete(self) -> None:
        self._give_up.cancel()
        self._head_bytes = None
        super().on_headers_complete()


class Server(uvicorn.Server):
    """Ends followers' and viewers' streams first at a shutdown, which they would otherwise hold up for ever."""

    def __init__(self, app: FastAPI, end_streams: Callable[[], None]) -> None:
        super().__init__(_config(app))
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def _config(app: FastAPI) -> uvicorn.Config:
    """Live views are not compressed, since they are JPEGs; and a shutdown has a time limit."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,
        ws_max_size=4096,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
