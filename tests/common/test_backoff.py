"""The waits between attempts: doubling, bounded, spread by chance."""

from vision.common.backoff import Backoff


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(first_s=0.5, longest_s=10)
    assert [backoff.next_wait_s() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_a_success_starts_again_from_the_first_wait() -> None:
    backoff = Backoff(first_s=0.5, longest_s=10)
    for _ in range(12):
        backoff.next_wait_s()
    backoff.reset()
    assert backoff.next_wait_s() == 0.5


def test_jitter_shortens_waits_by_up_to_its_part() -> None:
    backoff = Backoff(first_s=0.5, longest_s=10, jitter=0.5)
    waits = [backoff.next_wait_s() for _ in range(12)]
    assert 0.25 <= waits[0] <= 0.5
    assert all(5 <= wait <= 10 for wait in waits[5:])
    assert len(set(waits[5:])) > 1


def test_the_longest_wait_holds_after_thousands_of_failures() -> None:
    backoff = Backoff(first_s=0.5, longest_s=600, jitter=0.5)
    assert max(backoff.next_wait_s() for _ in range(5000)) <= 600
