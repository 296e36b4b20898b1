"""Positions in the event streams, which clients receive and send back to resume (`Last-Event-ID`)."""

import re
from collections import OrderedDict
from typing import NamedTuple, Self


class EntryId(NamedTuple):
    """The id of a stream's entry; ids sort as the entries do.

    Examples:
        >>> EntryId.parse("1763800000000-2")
        EntryId(ms=1763800000000, seq=2)
    """

    ms: int
    seq: int

    @classmethod
    def parse(cls, text: bytes | str) -> Self:
        """The id of a text.

        Raises:
            ValueError: the text is no id.
        """
        ms, _, seq = (text.decode() if isinstance(text, bytes) else text).partition("-")
        return cls(int(ms), int(seq))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


BEGINNING = EntryId(0, 0)
Position = tuple[EntryId, ...]
"""The last entry received from each stream, in the streams' order."""

_FORM = re.compile(r"\d{1,15}-\d{1,15}(_\d{1,15}-\d{1,15})*")


def format_position(position: Position) -> str:
    """The position as text; entries of several streams are joined by `_`.

    Examples:
        >>> format_position((EntryId(30, 1), EntryId(20, 7)))
        '30-1_20-7'
    """
    return "_".join(str(entry) for entry in position)


def parse_position(text: str, shards: int) -> Position:
    """The position of a text.

    If the number of streams has changed since, every stream gets the earliest entry: events may then arrive twice, but
    none is missed.

    Raises:
        ValueError: the text is no position.
    """
    if not _FORM.fullmatch(text):
        raise ValueError(f"{text!r} is no position in the event streams")
    entries = tuple(EntryId.parse(part) for part in text.split("_"))
    return entries if len(entries) == shards else (min(entries),) * shards


class RecentEvents:
    """Ids of recent events, to skip those that a worker sends again after it lost Redis."""

    def __init__(self, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._first: OrderedDict[str, EntryId] = OrderedDict()

    def is_new(self, event_id: str, entry_id: EntryId) -> bool:
        """Whether this entry is the first one with the event; remembers it."""
        first = self._first.setdefault(event_id, entry_id)
        if len(self._first) > self._capacity:
            self._first.popitem(last=False)
        return first == entry_id
