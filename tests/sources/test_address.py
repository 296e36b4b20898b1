import pytest

from vision.common.backoff import Backoff
from vision.core import SourceError
from vision.sources.address import host_and_port


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://cam/a", ("cam", 554)),
        ("rtsps://cam/a", ("cam", 322)),
        ("rtsp://u:p@[fe80::1]:8554/a", ("fe80::1", 8554)),
    ],
)
def test_ports_are_those_of_the_scheme_unless_told(url: str, expected: tuple[str, int]) -> None:
    assert host_and_port(url) == expected


@pytest.mark.parametrize("url", ["rtsp:///a", "rtsp://cam:99999/a", "rtsp://u:p@/a"])
def test_an_address_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(SourceError, match="expected rtsp://host:port/path"):
        host_and_port(url)


def test_waits_grow_up_to_the_longest_differ_by_chance_and_start_over_after_a_success() -> None:
    backoff = Backoff(at_most_s=10)
    waits = [backoff.next_wait_s() for _ in range(12)]
    assert 0.25 <= waits[0] <= 0.5
    assert all(5 <= wait <= 10 for wait in waits[6:])
    assert len(set(waits[6:])) > 1
    backoff.reset()
    assert backoff.next_wait_s() <= 0.5


def test_a_camera_that_stays_away_for_weeks_does_not_overflow_the_wait() -> None:
    backoff = Backoff(at_most_s=600)
    assert max(backoff.next_wait_s() for _ in range(5000)) <= 600
