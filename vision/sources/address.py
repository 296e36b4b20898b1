"""A camera's address, and a knock at the door before a stream is asked for."""

import socket
from urllib.parse import urlsplit

from vision.core import SourceError

RTSP_PORTS = {"rtsp": 554, "rtsps": 322}


def host_and_port(url: str) -> tuple[str, int]:
    """Where the camera of an `rtsp://` or `rtsps://` address listens. Raises SourceError when it does not say."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SourceError(f"its address cannot be read ({error}); expected rtsp://host:port/path") from error
    if not parts.hostname:
        raise SourceError("its address names no host; expected rtsp://host:port/path")
    return parts.hostname, port or RTSP_PORTS[parts.scheme]


def knock(host: str, port: int, timeout_s: float) -> None:
    """Return when something listens there. Raises OSError, as the system words it, when nothing does."""
    with socket.create_connection((host, port), timeout_s):
        return
