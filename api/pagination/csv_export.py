"""Lists as streamed CSV, with columns derived from the items' schemas."""

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.pagination.queries import Format
from vision.contracts.base import Place

CHUNK_LINES = 500
CSV = "text/csv"


def csv_columns(schema: type[BaseModel], *, without: Collection[str] = ()) -> tuple[str, ...]:
    """The columns of a schema, in its order.

    A nested schema has a column for each of its fields (`queue_max_veh`), a place has two (`place_x`, `place_y`). Lists
    of schemas and dictionaries have none: they do not fit into one cell.

    Examples:
        >>> from vision.contracts import QueueMeasures
        >>> csv_columns(QueueMeasures, without=("spillback_s",))
        ('mean_veh', 'max_veh', 'max_length_m', 'control_delay_s')
    """
    return tuple(column for column in _columns(schema) if column not in without)


def _columns(schema: type[BaseModel]) -> Iterator[str]:
    for field_name, field in schema.model_fields.items():
        name = field.serialization_alias or field_name
        inner = next((one for one in get_args(field.annotation) if one is not type(None)), None)
        kind = inner if type(None) in get_args(field.annotation) else field.annotation
        if kind == Place:
            yield from (f"{name}_x", f"{name}_y")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}_{part}" for part in _columns(kind))
        elif get_origin(kind) is not dict and not _is_list_of_schemas(kind):
            yield name


def _is_list_of_schemas(kind: Any) -> bool:
    return any(isinstance(one, type) and issubclass(one, BaseModel) for one in get_args(kind))


def wants_csv(request: Request, wanted: Format | None) -> bool:
    """Whether `?format=csv`, or else `Accept: text/csv`, asks for CSV."""
    if wanted is not None:
        return wanted is Format.CSV
    return CSV in request.headers.get("accept", "")


def csv_response(name: str, columns: Sequence[str], rows: AsyncIterable[Mapping[str, Any]]) -> StreamingResponse:
    """A download called `name`.csv; times are ISO 8601 in UTC, several values in one cell are separated by spaces."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(_lines(columns, rows), media_type=f"{CSV}; charset=utf-8", headers=headers)


async def _lines(columns: Sequence[str], rows: AsyncIterable[Mapping[str, Any]]) -> AsyncIterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    lines = 1
    async for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
        lines += 1
        if lines % CHUNK_LINES == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return " ".join(str(one) for one in value) if isinstance(value, list) else value
