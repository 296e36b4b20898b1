"""Messages for followers, and the newest of them in a log that all followers share."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from api.live.positions import EntryId, Position, format_position


@dataclass(frozen=True)
class FeedMessage:
    """One message for followers."""

    kind: str
    camera_id: str
    payload: str
    """JSON."""
    shard: int | None = None
    entry_id: EntryId | None = None
    """The entry in the stream; `None` for health."""
    captured_at: datetime | None = None
    """Capture time of the frame that showed the event."""
    reached: Position = ()
    """The position to resume after it."""

    def is_after(self, position: Position) -> bool:
        """Whether it is an event beyond the position in its stream."""
        return self.shard is not None and self.entry_id is not None and self.entry_id > position[self.shard]

    def at(self, reached: Position) -> "FeedMessage":
        """The same message for a follower that has reached a position by it."""
        return replace(self, reached=reached)

    @cached_property
    def encoded(self) -> bytes:
        """The message in the form of server-sent events; made once for all followers."""
        return f"event: {self.kind}\ndata: {self.payload}\nid: {format_position(self.reached)}\n\n".encode()


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What a follower asks for; an empty set accepts all.

    Examples:
        >>> FeedFilter(cameras=frozenset({"nts-01"})).accepts(FeedMessage("health", "nts-02", "{}"))
        False
    """

    cameras: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    @property
    def accepts_all(self) -> bool:
        return not self.cameras and not self.kinds

    def accepts(self, message: FeedMessage) -> bool:
        """Whether the follower wants the message."""
        return (not self.cameras or message.camera_id in self.cameras) and (
            not self.kinds or message.kind in self.kinds
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that a follower gets at once."""

    messages: Sequence[FeedMessage]
    encoded: bytes
    """All of them in the form of server-sent events."""

    @classmethod
    def of(cls, messages: Sequence[FeedMessage]) -> "Batch":
        return cls(messages, b"".join(message.encoded for message in messages))


class MessageLog:
    """The newest messages, numbered from 0 on. It is bounded, and a batch that several followers get is made once.

    Examples:
        >>> log = MessageLog(2)
        >>> log.extend(FeedMessage("health", camera_id, "{}") for camera_id in "abc")
        >>> log.since(0), [message.camera_id for message in log.since(1).messages]
        (None, ['b', 'c'])
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.end = 0
        """The number of the next message."""
        self._messages: deque[FeedMessage] = deque(maxlen=capacity)
        self._batches: dict[int, Batch] = {}

    def extend(self, messages: Iterable[FeedMessage]) -> None:
        """Append messages; the oldest beyond the capacity are dropped."""
        for message in messages:
            self._messages.append(message)
            self.end += 1
        self._batches.clear()

    def holds(self, start: int) -> bool:
        """Whether the log has all messages from this number on."""
        return start >= self.end - len(self._messages)

    def since(self, start: int) -> Batch | None:
        """The messages from this number on; None: some of them are dropped."""
        if not self.holds(start):
            return None
        if start not in self._batches:
            skipped = start - (self.end - len(self._messages))
            self._batches[start] = Batch.of(list(self._messages)[skipped:])
        return self._batches[start]
