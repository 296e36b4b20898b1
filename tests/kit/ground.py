"""What tests stand on: the data beside the checkout, free ports, and a clear word where something is absent."""

import os
import socket
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
IN_CI = os.environ.get("CI") == "true"


def needs(reason: str) -> None:
    """Skip with a clear word on a newcomer's machine; fail in CI, where nothing may be absent."""
    if IN_CI:
        pytest.fail(f"CI must have this: {reason}")
    pytest.skip(reason)


def free_port() -> int:
    """A TCP port on loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
