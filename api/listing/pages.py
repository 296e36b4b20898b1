"""What a list is: where its rows come from, its items and pages, its lines of CSV."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from api.listing.reading import Source
from api.storage.rows import Row

ItemT = TypeVar("ItemT", bound=BaseModel)


class Item(BaseModel):
    """What every stored event has."""

    event_id: str
    camera_id: str
    session_id: str = Field(description="One run of the camera's pipeline; track ids are unique within it.")


class Page(BaseModel, Generic[ItemT]):
    """A part of a list."""

    items: list[ItemT]
    next_cursor: str | None = Field(description="Send it as `cursor` for what follows; null: this was all.")


def _as_it_is(row: Row) -> Iterable[Row]:
    return (row,)


@dataclass(frozen=True, slots=True)
class Listing(Generic[ItemT]):
    """One list."""

    name: str
    """The CSV's file, without its ending."""
    source: Source
    item: Callable[[Row], ItemT]
    columns: tuple[str, ...]
    """The CSV's."""
    lines: Callable[[Row], Iterable[Row]] = _as_it_is
    """The CSV's lines of one row."""
