"""Counts by interval, in buckets aligned to the clock; days begin at a time zone's midnight."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import InstrumentedAttribute

from api.errors import bad_parameter
from api.pagination.filters import EPOCH, Filter
from api.pagination.store_reader import Counting, StoreReader
from api.storage.event_rows import Row

MAX_ROWS = 50_000
MAX_BUCKETS = 1_000_000
"""Two years of minutes."""
DAY_S = 86_400


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
        ProblemError: 422, there are too many rows, or the range is too long for the interval.
    """
    since, until = await _whole_range(reader, counting, wanted)
    if interval.seconds and (until - since).total_seconds() / interval.seconds > MAX_BUCKETS:
        remedy = "choose a longer interval, or a shorter range"
        raise bad_parameter("interval", f"more than {MAX_BUCKETS:,} intervals in the range", remedy)
    if interval is Interval.DAY:
        rows = await _days(reader, counting, replace(wanted, since=since, until=until), by=by, zone=ZoneInfo(timezone))
    else:
        found = await reader.counts(counting, wanted, by=by, bucket_s=interval.seconds, offset_s=0, limit=MAX_ROWS + 1)
        rows = [_with_times(row, interval, since, until) for row in found]
    if len(rows) > MAX_ROWS:
        remedy = "choose a longer interval, a shorter range, fewer cameras, or fewer values of `by`"
        raise bad_parameter("interval", f"more than {MAX_ROWS} rows", remedy)
    return Buckets(since, until, rows)


async def _days(
    reader: StoreReader, counting: Counting, wanted: Filter, *, by: Sequence[InstrumentedAttribute[str]], zone: ZoneInfo
) -> list[Row]:
    """Rows of whole days of a time zone: each stretch with one offset on its own; a day in two of them is added up."""
    columns, sums = [column.key for column in by], [one.name for one in counting.sums]
    rows: dict[tuple[object, ...], Row] = {}
    for since, until, offset in stretches(wanted, zone):
        part = replace(wanted, since=since, until=until)
        offset_s = int(offset.total_seconds())
        for row in await reader.counts(
            counting, part, by=by, bucket_s=DAY_S, offset_s=offset_s, limit=MAX_ROWS + 1 - len(rows)
        ):
            day = (EPOCH + timedelta(seconds=row["start"] + offset_s)).date()
            known = rows.setdefault(
                (day, *(row[name] for name in columns)), row | _ends(day, zone) | dict.fromkeys(sums, 0)
            )
            for name in sums:
                known[name] += row[name]
    return [rows[key] for key in sorted(rows, key=lambda key: (key[0], str(key[1:])))]


def _ends(day: date, zone: ZoneInfo) -> Row:
    """Start and end of a day, 23 to 25 hours apart where clocks change."""
    start, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return {"start": start, "end": end}


def stretches(wanted: Filter, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The parts of a time range in which the zone's offset from UTC is the same, with that offset.

    Examples:
        >>> year = Filter(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        >>> [(until.month, offset.seconds // 3600) for _, until, offset in stretches(year, ZoneInfo("Europe/Berlin"))]
        [(3, 1), (10, 2), (1, 1)]
    """
    assert wanted.since is not None  # noqa: S101
    assert wanted.until is not None  # noqa: S101
    begin, at = wanted.since, wanted.since
    while at < wanted.until:
        later = min(at + timedelta(days=1), wanted.until)
        if _offset(later, zone) != _offset(at, zone):
            change = _change_between(at, later, zone)
            yield begin, change, _offset(at, zone)
            begin = change
        at = later
    if begin < wanted.until:
        yield begin, wanted.until, _offset(begin, zone)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the offset changes, to the second: zones change theirs at whole seconds."""
    before = _offset(early, zone)
    low, high = int(early.timestamp()), int(late.timestamp()) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


async def _whole_range(reader: StoreReader, counting: Counting, wanted: Filter) -> tuple[datetime, datetime]:
    since, until = wanted.since, wanted.until
    if since is None or until is None:
        ends = await reader.first_and_last(counting.source, wanted)
        now = datetime.now(UTC)
        first, last = ends or (since or until or now, until or since or now)
        since, until = since or first, until or last + timedelta(microseconds=1)
    return since, until


def _with_times(row: Row, interval: Interval, since: datetime, until: datetime) -> Row:
    if interval is Interval.TOTAL:
        return row | {"start": since, "end": until}
    start = datetime.fromtimestamp(row["start"], UTC)
    return row | {"start": start, "end": start + timedelta(seconds=interval.seconds)}
