"""Globally unique ids of camera sessions, of their events and of their incidents."""

import secrets
from itertools import count


class SessionIds:
    """The ids of one camera session.

    Session ids of a camera sort by the session's number. An event's id is its session's id and the event's number, from
    1 on without a gap, so that the store finds out which are missing.

    Examples:
        >>> ids = SessionIds(7)
        >>> ids.session_id[:13], ids.next() == f"{ids.session_id}-1"
        ('s000000000007', True)
    """

    def __init__(self, number: int) -> None:
        """`number`: greater than that of the camera's sessions before."""
        self.session_id = f"s{number:012d}{secrets.token_hex(6)}"
        self._numbers = count(1)

    def next(self) -> str:
        """The next event's id."""
        return f"{self.session_id}-{next(self._numbers)}"

    def of_incident(self, number: int) -> str:
        """The id of this session's incident of that number, the same in all its updates."""
        return f"{self.session_id}-i{number}"
