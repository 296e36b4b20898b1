"""What a stream's end means: a state, and a reason in words that help whoever must mend it."""

import socket

import av

from vision.common.redaction import redact
from vision.sources.status import SourceState


class StreamLost(Exception):  # noqa: N818 - an event on the way to the next attempt, not an error to report
    """A stream that could not be opened, or that broke."""

    def __init__(self, state: SourceState, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = redact(reason)


def not_reached(error: OSError, host: str, port: int) -> StreamLost:
    """Nothing listens at the camera's address."""
    where = f"{host}:{port}"
    if isinstance(error, socket.gaierror):
        reason = f"the name {host} cannot be resolved; is it spelt right, does DNS answer?"
    elif isinstance(error, TimeoutError):
        reason = f"no answer from {where}; is the camera switched on and in this network?"
    elif isinstance(error, ConnectionRefusedError):
        reason = f"{where} refuses connections; does the camera stream on this port?"
    else:
        reason = f"{where} cannot be reached ({error.strerror or error})"
    return StreamLost(SourceState.UNREACHABLE, reason)


def not_opened(error: av.error.FFmpegError, *, timeout_s: float, has_timed_out: bool) -> StreamLost:
    """The camera listens, but no stream came of it. A timeout has no error of its own in libav's RTSP."""
    if has_timed_out:
        return StreamLost(SourceState.STALLED, f"the camera answers, but sent no video within {timeout_s:g} s")
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return StreamLost(SourceState.UNAUTHORIZED, "the camera refuses the user name or password")
        case av.error.HTTPNotFoundError():
            return StreamLost(SourceState.UNREACHABLE, "the camera knows no stream of this path; check the address")
        case av.error.InvalidDataError():
            return StreamLost(SourceState.GARBAGE, "what answers there does not speak RTSP, or sends no video")
    return StreamLost(SourceState.UNREACHABLE, f"the stream cannot be opened ({error.strerror})")


def broken(error: av.error.FFmpegError, timeout_s: float) -> StreamLost:
    """A running stream ended in an error."""
    match error:
        case av.error.ExitError() | av.error.TimeoutError():
            return StreamLost(SourceState.STALLED, f"no data for {timeout_s:g} s; connecting anew")
        case av.error.InvalidDataError():
            return StreamLost(SourceState.GARBAGE, "what the camera sends is no video that can be decoded")
    return StreamLost(SourceState.UNREACHABLE, f"the connection broke ({error.strerror}); connecting anew")
