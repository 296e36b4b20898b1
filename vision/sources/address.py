"""A camera's address: credentials from the environment, and a knock at the door before a stream is asked for."""

import re
import socket
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from vision.core import SourceError

RTSP_PORTS = {"rtsp": 554, "rtsps": 322}
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^${}]*))?\}")


def with_credentials(url: str, environment: Mapping[str, str]) -> str:
    """`url` with each `${NAME}`, or `${NAME:-default}`, filled in from the environment.

    What stands before the `@` is encoded on the way, so that a password may hold any sign. Raises SourceError when a
    variable is neither set nor has a default.
    """
    end_of_credentials = url.rfind("@")

    def value(match: re.Match[str]) -> str:
        found = environment.get(match["name"]) or match["default"]
        if found is None:
            raise SourceError(f"its address names ${{{match['name']}}}, which is not set: set it in the environment")
        return quote(found, safe=":") if match.start() < end_of_credentials else found

    return _VARIABLE.sub(value, url)


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
