"""Host and port of a camera's address."""

import pytest

from vision.core import SourceError
from vision.sources.connection import host_and_port


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://cam/a", ("cam", 554)),
        ("rtsps://cam/a", ("cam", 322)),
        ("rtsp://u:p@[fe80::1]:8554/a", ("fe80::1", 8554)),
    ],
)
def test_the_port_is_the_schemes_unless_given(url: str, expected: tuple[str, int]) -> None:
    assert host_and_port(url) == expected


@pytest.mark.parametrize("url", ["rtsp:///a", "rtsp://cam:99999/a", "rtsp://u:p@/a"])
def test_an_address_without_host_or_valid_port_is_refused(url: str) -> None:
    with pytest.raises(SourceError, match="expected rtsp://host:port/path"):
        host_and_port(url)
