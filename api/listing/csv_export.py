"""Lists as CSV: streamed, so that a month's crossings need no month's memory."""

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from api.listing.queries import Format

LINES_A_CHUNK = 500
CSV = "text/csv"


def wants_csv(request: Request, wanted: Format | None) -> bool:
    """By `?format=csv`, else by `Accept: text/csv`."""
    if wanted is not None:
        return wanted is Format.CSV
    return CSV in request.headers.get("accept", "")


def csv_response(name: str, columns: Sequence[str], rows: AsyncIterable[Mapping[str, Any]]) -> StreamingResponse:
    """A download called `name`.csv; times are ISO 8601 in UTC, several values in one cell are parted by spaces."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(_written(columns, rows), media_type=f"{CSV}; charset=utf-8", headers=headers)


async def _written(columns: Sequence[str], rows: AsyncIterable[Mapping[str, Any]]) -> AsyncIterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    lines = 1
    async for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
        lines += 1
        if lines % LINES_A_CHUNK == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return " ".join(str(one) for one in value) if isinstance(value, list) else value
