"""Query parameters that lists share; a feature's own are a subclass in its schemas."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from api.pagination.filters import Filter, time_range
from vision.contracts.base import UtcTime


class Order(StrEnum):
    """Order by time."""

    NEWEST_FIRST = "desc"
    OLDEST_FIRST = "asc"


class Format(StrEnum):
    """Format of a list."""

    JSON = "json"
    CSV = "csv"


class RangeQuery(BaseModel):
    """Cameras and a time range. A field that holds a list filters the column of the same name."""

    model_config = ConfigDict(populate_by_name=True)

    camera_id: list[str] | None = Field(None, alias="camera", description="Only these cameras; repeatable.")
    since: UtcTime | None = Field(
        None, alias="from", description="From this time on; with its offset.", examples=["2026-11-22T00:00:00Z"]
    )
    until: UtcTime | None = Field(
        None, alias="to", description="Before this time; with its offset.", examples=["2026-11-23T00:00:00Z"]
    )
    wanted_format: Format | None = Field(
        None, alias="format", description="Format of the answer; overrides the Accept header."
    )

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Allowed values by column."""
        return {name: tuple(str(v) for v in value) for name, value in self if isinstance(value, list) and value}

    def filter(self) -> Filter:
        """The filter that the parameters ask for.

        Raises:
            ProblemError: 422, the time range is empty.
        """
        since, until = time_range(self.since, self.until)
        return Filter(since, until, self.columns())


class ListQuery(RangeQuery):
    """Parameters of every list."""

    order: Order = Field(Order.NEWEST_FIRST, description="Order by time.")
    limit: int = Field(100, ge=1, le=1_000, description="Items per page; a CSV has all.")
    cursor: str | None = Field(None, description="`next_cursor` of the previous page.")
