"""Which numbers of a session's events have been seen, and which are missing between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """Events `first` to `last` of a session, which happened between two times."""

    first: int
    last: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Sequence:
    """A session's numbers from 1 to `highest`: all have been seen but those of `missing`.

    Examples:
        >>> noon = datetime(2026, 5, 4, 12)
        >>> [(m.first, m.last) for m in Sequence().with_seen({1: noon, 5: noon}).missing]
        [(2, 4)]
    """

    highest: int = 0
    at: datetime | None = None
    """When event `highest` happened; None: none was seen."""
    missing: tuple[Missing, ...] = ()

    def with_seen(self, seen: Mapping[int, datetime]) -> "Sequence":
        """The sequence after events of these numbers have been seen too, each with its time, in any order."""
        sequence = self
        for number in sorted(seen):
            at = seen[number]
            if number > sequence.highest:
                sequence = replace(sequence.up_to(number - 1, at), highest=number, at=at)
            else:
                sequence = replace(sequence, missing=tuple(_without(sequence.missing, number, at)))
        return sequence

    def up_to(self, number: int, at: datetime) -> "Sequence":
        """The sequence once it is known that `number` events were published until `at`."""
        if number <= self.highest:
            return self
        since = self.at or at
        gap = Missing(self.highest + 1, number, min(since, at), max(since, at))
        return Sequence(number, at, (*self.missing, gap))


def _without(missing: Iterable[Missing], number: int, at: datetime) -> Iterable[Missing]:
    for gap in missing:
        if not gap.first <= number <= gap.last:
            yield gap
            continue
        if gap.first < number:
            yield Missing(gap.first, number - 1, min(gap.since, at), max(gap.since, at))
        if number < gap.last:
            yield Missing(number + 1, gap.last, min(gap.until, at), max(gap.until, at))
