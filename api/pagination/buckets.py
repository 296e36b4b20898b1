"""Counts by interval, in buckets aligned to the clock; days begin at a time zone's midnight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import InstrumentedAttribute

from api.errors import bad_parameter
from api.pagination.filters import Filter
from api.pagination.store_reader import Counting, StoreReader
from api.storage.event_rows import Row

MAX_ROWS = 50_000


class Interval(StrEnum):
    """Length of a bucket."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    DAY = "1d"
    TOTAL = "total"

    @property
    def seconds(self) -> int:
        """Seconds; 0 for the whole range in one bucket.

        Examples:
            >>> Interval.QUARTER.seconds
            900
        """
        return {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "1d": 86_400, "total": 0}[self.value]


@dataclass(frozen=True, slots=True)
class Buckets:
    """A time range and its rows: `start`, `end`, the grouping columns, the sums."""

    since: datetime
    until: datetime
    rows: list[Row]


async def buckets(
    reader: StoreReader,
    counting: Counting,
    wanted: Filter,
    *,
    interval: Interval,
    by: Sequence[InstrumentedAttribute[str]],
    timezone: str,
) -> Buckets:
    """Counts in the filter's time range; an open end is set to the first or last row.

    Raises:
        ProblemError: 422, the time zone is unknown, its clocks change within the range, or there are too many rows.
    """
    since, until = await _whole_range(reader, counting, wanted)
    offset_s = _offset_s(timezone, since, until) if interval is Interval.DAY else 0
    rows = await reader.counts(
        counting, wanted, by=by, bucket_s=interval.seconds, offset_s=offset_s, limit=MAX_ROWS + 1
    )
    if len(rows) > MAX_ROWS:
        remedy = "choose a longer interval, a shorter range, fewer cameras, or fewer values of `by`"
        raise bad_parameter("interval", f"more than {MAX_ROWS} rows", remedy)
    return Buckets(since, until, [_with_times(row, interval, since, until) for row in rows])


async def _whole_range(reader: StoreReader, counting: Counting, wanted: Filter) -> tuple[datetime, datetime]:
    since, until = wanted.since, wanted.until
    if since is None or until is None:
        ends = await reader.first_and_last(counting.source, wanted)
        now = datetime.now(UTC)
        first, last = ends or (since or until or now, until or since or now)
        since, until = since or first, until or last + timedelta(microseconds=1)
    return since, until


def _offset_s(timezone: str, since: datetime, until: datetime) -> int:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones is an OSError
        raise bad_parameter("tz", f"unknown time zone {timezone!r}", "write one as Asia/Ho_Chi_Minh or UTC") from error
    offsets = {moment.astimezone(zone).utcoffset() for moment in (since, until)}
    if len(offsets) > 1:
        raise bad_parameter("tz", f"the clocks of {timezone} change within the range", "query each side of the change")
    return int((offsets.pop() or timedelta()).total_seconds())


def _with_times(row: Row, interval: Interval, since: datetime, until: datetime) -> Row:
    if interval is Interval.TOTAL:
        return row | {"start": since, "end": until}
    start = datetime.fromtimestamp(row["start"], UTC)
    return row | {"start": start, "end": start + timedelta(seconds=interval.seconds)}
