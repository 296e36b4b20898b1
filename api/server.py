"""uvicorn, told to let streams go before it waits for connections to end."""

import socket

import uvicorn
from fastapi import FastAPI

SHUTDOWN_S = 5


class Server(uvicorn.Server):
    """Ends followers' and viewers' streams at the beginning of a shutdown: they would hold it for ever."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        assert isinstance(app, FastAPI)  # noqa: S101
        app.state.services.end_streams()
        await super().shutdown(sockets)


def server_config(app: FastAPI) -> uvicorn.Config:
    """For a service behind a proxy or on its own: pictures are not compressed again, and shutdown has an end."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,
        ws_max_size=4096,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
