"""The query parameters that lists share; each list's own are a subclass beside its route."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.listing.filters import Filter, time_range


class Order(StrEnum):
    """By time."""

    NEWEST_FIRST = "desc"
    OLDEST_FIRST = "asc"


class Format(StrEnum):
    """How a list is written."""

    JSON = "json"
    CSV = "csv"


class RangeQuery(BaseModel):
    """Cameras and a range of time. A field that holds a list is a condition on the column that it is called after."""

    model_config = ConfigDict(populate_by_name=True)

    camera_id: list[str] | None = Field(None, alias="camera", description="Only these cameras; repeatable.")
    since: AwareDatetime | None = Field(
        None, alias="from", description="From this time on, with its zone.", examples=["2026-11-22T00:00:00Z"]
    )
    until: AwareDatetime | None = Field(
        None, alias="to", description="Before this time, with its zone.", examples=["2026-11-23T00:00:00Z"]
    )
    wanted_format: Format | None = Field(None, alias="format", description="Wins over the Accept header.")

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Column to its allowed values."""
        return {name: tuple(str(v) for v in value) for name, value in self if isinstance(value, list) and value}

    def filter(self) -> Filter:
        """A 422 where nothing can lie in the range."""
        since, until = time_range(self.since, self.until)
        return Filter(since, until, self.columns())


class ListQuery(RangeQuery):
    """What every list takes."""

    order: Order = Field(Order.NEWEST_FIRST, description="By time.")
    limit: int = Field(100, ge=1, le=1_000, description="Items a page; a CSV has them all.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
