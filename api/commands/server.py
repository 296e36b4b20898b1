"""uvicorn, configured to end clients' streams before it waits for their connections."""

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

SHUTDOWN_S = 5


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
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,
        ws_max_size=4096,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
