"""A list as a route returns it: one page of items, or all of it as CSV."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar

from fastapi import Request, Response

from api.errors import problems
from api.pagination.csv_export import csv_response, wants_csv
from api.pagination.pages import Listing, Page
from api.pagination.queries import ListQuery
from api.pagination.store_reader import StoreReader
from api.storage.event_rows import Row

PageT = TypeVar("PageT", bound=Page[Any])

_CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
LIST_ANSWERS = problems(404, 422, 503) | _CSV_ANSWER
"""What a list's route can return besides its page; for `responses=`."""


class ListResponder:
    """Responds to a request for any list."""

    def __init__(self, request: Request, reader: StoreReader) -> None:
        self._request = request
        self._reader = reader

    async def respond(self, listing: Listing[Any], page: type[PageT], query: ListQuery) -> PageT | Response:
        """One page, or the whole list if the request asks for CSV.

        Raises:
            ProblemError: 422, the time range is empty or the cursor invalid.
        """
        source, wanted, order = listing.source, query.filter(), query.order
        if wants_csv(self._request, query.wanted_format):
            rows = self._reader.all(source, wanted, order)
            return csv_response(listing.name, listing.columns, _lines(listing, rows))
        found = await self._reader.page(source, wanted, limit=query.limit, order=order, cursor=query.cursor)
        return page(items=[listing.item(row) for row in found.rows], next_cursor=found.next_cursor)


async def _lines(listing: Listing[Any], rows: AsyncIterator[Row]) -> AsyncIterator[Row]:
    async for row in rows:
        for line in listing.lines(row):
            yield line
