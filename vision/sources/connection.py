"""Reaches a camera over the network, and turns connection failures into a state with a reason."""

import errno
import socket

import av

from vision.common.addresses import AddressError, split_address
from vision.common.redaction import redact
from vision.core import SourceError
from vision.sources.status import SourceState

RTSP_PORTS = {"rtsp": 554, "rtsps": 322}


class StreamLost(Exception):  # noqa: N818 - it leads to the next attempt
    """A stream could not be opened, or broke; `reason` is redacted."""

    def __init__(self, state: SourceState, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = redact(reason)


def not_reached(error: OSError, host: str, port: int) -> StreamLost:
    """The failure of a TCP connection to the camera."""
    where = f"{host}:{port}"
    if isinstance(error, socket.gaierror):
        reason = f"the name {host} cannot be resolved; is it spelled right, does DNS answer?"
    elif isinstance(error, TimeoutError):
        reason = f"no answer from {where}; is the camera on, and in this network?"
    elif isinstance(error, ConnectionRefusedError):
        reason = f"{where} refuses connections; does the camera stream on this port?"
    else:
        reason = f"{where} cannot be reached ({error.strerror or error})"
    return StreamLost(SourceState.UNREACHABLE, reason)


_WRONG_PASSWORD = (
    SourceState.UNAUTHORIZED,
    "the camera refuses the user name or password; if they are right, it may accept SHA-256 digests only: allow MD5 "
    "digests or basic authentication in its settings",
)
_REFUSALS: tuple[tuple[type[av.error.FFmpegError], tuple[SourceState, str]], ...] = (
    (av.error.HTTPUnauthorizedError, _WRONG_PASSWORD),
    (av.error.HTTPForbiddenError, _WRONG_PASSWORD),
    (
        av.error.HTTPNotFoundError,
        (SourceState.UNREACHABLE, "the camera has no stream of this path; check the address"),
    ),
    (
        av.error.HTTPOtherClientError,
        (
            SourceState.UNREACHABLE,
            "the camera refuses to play the stream, as most do with too many viewers (RTSP 453): close others, or use "
            "its sub-stream",
        ),
    ),
    (
        av.error.HTTPServerError,
        (SourceState.UNREACHABLE, "the camera reports a fault of its own (RTSP 5xx): is it overloaded or starting?"),
    ),
    (
        av.error.InvalidDataError,
        (SourceState.GARBAGE, "the server there does not speak RTSP, or sends no video"),
    ),
)
"""What libav's errors mean when a stream is opened, the first that fits."""


def not_opened(
    error: av.error.FFmpegError, *, timeout_s: float, has_timed_out: bool, transport: str = "tcp"
) -> StreamLost:
    """The failure to open a stream of a camera that listens. libav's RTSP has no error of its own for a timeout."""
    if has_timed_out:
        return StreamLost(SourceState.STALLED, f"the camera answers, but sent no video within {timeout_s:g} s")
    for kind, (state, reason) in _REFUSALS:
        if isinstance(error, kind):
            return StreamLost(state, reason)
    if error.errno == errno.EPROTONOSUPPORT:
        other = "udp" if transport == "tcp" else "tcp"
        return StreamLost(SourceState.UNREACHABLE, f"the camera does not send by {transport}: set `transport: {other}`")
    return StreamLost(SourceState.UNREACHABLE, f"the stream cannot be opened ({error.strerror})")


def broken(error: av.error.FFmpegError, timeout_s: float) -> StreamLost:
    """The failure of a running stream."""
    match error:
        case av.error.ExitError() | av.error.TimeoutError():
            return StreamLost(SourceState.STALLED, f"no data for {timeout_s:g} s; reconnecting")
        case av.error.InvalidDataError():
            return StreamLost(SourceState.GARBAGE, "the camera sends no video that can be decoded")
    return StreamLost(SourceState.UNREACHABLE, f"the connection broke ({error.strerror}); reconnecting")


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of an `rtsp://` or `rtsps://` address.

    Raises:
        SourceError: the address has no host or no valid port, or its password may be taken for one of them.

    Examples:
        >>> host_and_port("rtsp://10.0.0.7/live")
        ('10.0.0.7', 554)
    """
    try:
        address = split_address(url)
    except AddressError as error:
        raise SourceError(f"its address is not used: {error}; expected rtsp://host:port/path") from None
    return address.host, address.port or RTSP_PORTS[address.scheme]


def check_reachable(host: str, port: int, timeout_s: float) -> None:
    """Return once a TCP connection succeeds.

    Raises:
        OSError: it does not, within `timeout_s`.
    """
    with socket.create_connection((host, port), timeout_s):
        return
