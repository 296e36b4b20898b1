"""What every request passes: allowed hosts, bounded bodies, HEAD as GET without a body, and security headers."""

import asyncio
import re
import socket
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ProblemError, problem_response

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MAX_BODY_BYTES = 64 * 1024
BODY_WITHIN_S = 10.0
"""A body that takes longer to arrive is given up."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"\[(?P<v6>[0-9a-fA-F:.]+)\](?::\d+)?|(?P<name>[^:\[\]/@]+)(?::\d+)?")


def host_names(bound: str, more: Iterable[str]) -> frozenset[str]:
    """The names under which the service answers: loopback, this machine's name, the bound address, and `more`.

    Examples:
        >>> "centre.hanoi.example" in host_names("127.0.0.1", ["centre.hanoi.example"])
        True
    """
    names = {*LOOPBACK, bound, socket.gethostname(), *more}
    return frozenset(name.lower().strip("[]") for name in names)


class AllowedHosts:
    """Refuses requests for other hosts than this service's.

    A web page can make a name of its own point to this machine (DNS rebinding). For the browser, the service would then
    be a part of that page, which could read everything; but the name stands in the request.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        """`names`: in lower case; `*` allows all."""
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or "*" in self._names:
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        parts = _HOST.fullmatch(host)
        name = (parts["v6"] or parts["name"]).lower() if parts else ""
        if name in self._names:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4421, "reason": "the host is not this service's"})
        else:
            detail = f"{host[:100]!r} is not a name of this service: use one of its names, or add it to NGATU_HOSTS"
            await problem_response(Request(scope), ProblemError(421, "other-host", detail))(scope, receive, send)


class BoundedBodies:
    """Refuses bodies that are too large, and gives up those that do not arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            await _too_large(scope)(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _read(receive)
        except TimeoutError:
            detail = f"the body did not arrive within {BODY_WITHIN_S:g} s: send it at once"
            await problem_response(Request(scope), ProblemError(408, "slow-request", detail))(scope, receive, send)
            return
        if body is None:
            await _too_large(scope)(scope, receive, send)
            return
        await self._app(scope, _replayed(body, receive), send)


def _too_large(scope: Scope) -> ASGIApp:
    detail = f"the body is larger than {MAX_BODY_BYTES // 1024} KiB: nothing here needs as much"
    return problem_response(Request(scope), ProblemError(413, "large-request", detail))


async def _read(receive: Receive) -> bytes | None:
    """The body; None where it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that has been read, then what comes after it."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class HeadAsGet:
    """Answers HEAD as GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_answered = asyncio.Event()

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                is_answered.set()

        async def receive_end() -> Message:
            """An endless stream ends as if its client had left."""
            await is_answered.wait()
            return {"type": "http.disconnect"}

        await self._app({**scope, "method": "GET"}, receive_end, send_head)


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
