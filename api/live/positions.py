"""Places in the streams of events, as clients are told them and tell them back (`Last-Event-ID`)."""

import re
from collections import OrderedDict
from typing import NamedTuple, Self


class EntryId(NamedTuple):
    """A stream entry's id; ordered as the stream is."""

    ms: int
    seq: int

    @classmethod
    def of(cls, text: bytes | str) -> Self:
        """Raises `ValueError` for what is no id."""
        ms, _, seq = (text.decode() if isinstance(text, bytes) else text).partition("-")
        return cls(int(ms), int(seq))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


BEGINNING = EntryId(0, 0)
Position = tuple[EntryId, ...]
"""The last entry had from each stream, in their order."""

_FORM = re.compile(r"\d{1,15}-\d{1,15}(_\d{1,15}-\d{1,15})*")


def write_position(position: Position) -> str:
    """`1763800000000-0`, or several joined by `_` where there are several streams."""
    return "_".join(str(entry) for entry in position)


def read_position(text: str, shards: int) -> Position:
    """The reverse. After the number of streams was changed, the earliest for all: rather twice than never.

    Raises:
        ValueError: it is no position.
    """
    if not _FORM.fullmatch(text):
        raise ValueError(f"{text!r} is no position in the event streams")
    entries = tuple(EntryId.of(part) for part in text.split("_"))
    return entries if len(entries) == shards else (min(entries),) * shards


class Seen:
    """Event ids met lately: a worker that lost Redis sends its last events again, and nobody shall see them twice."""

    def __init__(self, kept: int = 20_000) -> None:
        self._kept = kept
        self._first: OrderedDict[str, EntryId] = OrderedDict()

    def is_new(self, event_id: str, entry_id: EntryId) -> bool:
        """Whether this entry is the first one that brings the event; remembers it."""
        first = self._first.setdefault(event_id, entry_id)
        if len(self._first) > self._kept:
            self._first.popitem(last=False)
        return first == entry_id
