"""What Redis answers about streams, in one form: redis-py's own types allow for forms that are never asked for."""

from collections.abc import Awaitable, Iterable
from typing import Any, cast

from vision.contracts import keys

Entry = tuple[bytes, dict[bytes, bytes]]
"""An entry's id and its fields; no fields where the entry was trimmed."""


async def entries(answer: Awaitable[Any]) -> list[Entry]:
    """Of XRANGE and XREVRANGE."""
    return cast("list[Entry]", list(await answer or ()))


async def entries_read(answer: Awaitable[Any]) -> list[Entry]:
    """Of XREAD and XREADGROUP of one stream; none where nothing came in time."""
    streams = cast("list[tuple[bytes, Iterable[Entry]]]", await answer or [])
    return [entry for _, of_stream in streams for entry in of_stream]


def payload(fields: dict[bytes, bytes]) -> bytes:
    """The event's JSON; empty where there is none."""
    return fields.get(keys.EVENT_FIELD.encode(), b"")
