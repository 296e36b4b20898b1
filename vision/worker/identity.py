"""Names that are unique for ever: of a camera's run, and of the events in it."""

import secrets
from itertools import count

from vision.core import Clock


class SessionIds:
    """One run of one camera. Ids of runs sort by the time they began; an event's id is its run's and its number."""

    def __init__(self, clock: Clock) -> None:
        milliseconds = int(clock.now().timestamp() * 1000)
        self.session_id = f"{milliseconds:012x}{secrets.token_hex(6)}"
        self._numbers = count(1)

    def next(self) -> str:
        """The next event's id."""
        return f"{self.session_id}-{next(self._numbers)}"

    def of_incident(self, number: int) -> str:
        """The id of this session's incident of that number, the same in all words about it."""
        return f"{self.session_id}-i{number}"
