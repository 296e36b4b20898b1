"""Globally unique ids of camera sessions, of their events and of their incidents."""

import secrets
from itertools import count

from vision.core import Clock


class SessionIds:
    """The ids of one camera session.

    Session ids sort by the time they began. An event's id is its session's id and the event's number, from 1 on without
    a gap, so that a reader can see that none is missing.
    """

    def __init__(self, clock: Clock) -> None:
        milliseconds = int(clock.now().timestamp() * 1000)
        self.session_id = f"{milliseconds:012x}{secrets.token_hex(6)}"
        self._numbers = count(1)

    def next(self) -> str:
        """The next event's id."""
        return f"{self.session_id}-{next(self._numbers)}"

    def of_incident(self, number: int) -> str:
        """The id of this session's incident of that number, the same in all its updates."""
        return f"{self.session_id}-i{number}"
