"""The definition of a list: where its rows come from, its items and pages, its CSV."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from api.pagination.store_reader import Source
from api.storage.event_rows import Row

ItemT = TypeVar("ItemT", bound=BaseModel)


INCOMPLETE = "Whether events of this time are missing, so that its figures may be too low: see /api/v1/missing-events."


class Item(BaseModel):
    """Fields of every stored event."""

    event_id: str
    camera_id: str
    session_id: str = Field(description="One run of the camera's pipeline; track ids are unique within it.")


class IntervalItem(Item):
    """An item about an interval."""

    incomplete: bool = Field(description=INCOMPLETE)


class Page(BaseModel, Generic[ItemT]):
    """One page of a list."""

    items: list[ItemT]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last one.")


def _one_line(row: Row) -> Iterable[Row]:
    return (row,)


@dataclass(frozen=True, slots=True)
class Listing(Generic[ItemT]):
    """One list."""

    name: str
    """The CSV file's name, without its suffix."""
    source: Source
    item: Callable[[Row], ItemT]
    """The item of a row."""
    columns: tuple[str, ...]
    """The CSV's columns."""
    lines: Callable[[Row], Iterable[Row]] = _one_line
    """The CSV lines of a row."""
