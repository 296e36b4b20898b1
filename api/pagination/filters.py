"""Filters of stored rows, and the cursors of their pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from api.errors import bad_parameter

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a row must all meet."""

    since: datetime | None = None
    until: datetime | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Allowed values by column; a column that is missing may hold anything."""


def time_range(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Both in UTC.

    Raises:
        ProblemError: 422, the range is empty.
    """
    if since is not None and until is not None and since >= until:
        raise bad_parameter("from", f"{since.isoformat()} is not before to {until.isoformat()}", "swap them")
    return (since.astimezone(UTC) if since else None, until.astimezone(UTC) if until else None)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its time and its id.

    Examples:
        >>> cursor = Cursor(EPOCH, 7)
        >>> Cursor.decode(cursor.encode()) == cursor
        True
    """

    at: datetime
    row_id: int

    def encode(self) -> str:
        """Text that is opaque to clients."""
        microseconds = (self.at - EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(f"{microseconds}:{self.row_id}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor of a text.

        Raises:
            ProblemError: 422, the text is no cursor.
        """
        try:
            microseconds, row_id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(":")
            return cls(EPOCH + timedelta(microseconds=int(microseconds)), int(row_id))
        except (Base64Error, ValueError, OverflowError) as error:
            remedy = "send `next_cursor` of the previous page, or no cursor for the first page"
            raise bad_parameter("cursor", f"{text!r} is no cursor", remedy) from error
