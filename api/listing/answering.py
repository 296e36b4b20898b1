"""A list as a route answers it: a page of items, or all of it as CSV."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response

from api.dependencies import ServicesDep
from api.errors import problems
from api.listing.csv_export import csv_response, wants_csv
from api.listing.pages import Listing, Page
from api.listing.queries import ListQuery
from api.listing.reading import StoreReader
from api.storage.rows import Row

PageT = TypeVar("PageT", bound=Page[Any])

CSV_TOO: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
LIST_ANSWERS = problems(422, 503) | CSV_TOO
"""What a list's route can answer besides its page; for `responses=`."""


class Lists:
    """Answers a request for any list."""

    def __init__(self, request: Request, reader: StoreReader) -> None:
        self._request = request
        self._reader = reader

    async def answer(self, listing: Listing[Any], page: type[PageT], query: ListQuery) -> PageT | Response:
        """A page, or all as CSV where that is asked for."""
        source, wanted, order = listing.source, query.filter(), query.order
        if wants_csv(self._request, query.wanted_format):
            rows = self._reader.all(source, wanted, order)
            return csv_response(listing.name, listing.columns, _lines(listing, rows))
        found = await self._reader.page(source, wanted, limit=query.limit, order=order, cursor=query.cursor)
        return page(items=[listing.item(row) for row in found.items], next_cursor=found.next_cursor)


async def _lines(listing: Listing[Any], rows: AsyncIterator[Row]) -> AsyncIterator[Row]:
    async for row in rows:
        for line in listing.lines(row):
            yield line


def _lists(request: Request, services: ServicesDep) -> Lists:
    return Lists(request, services.reader)


ListsDep = Annotated[Lists, Depends(_lists)]
