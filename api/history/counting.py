"""Counts by interval: buckets aligned to the clock, days to a zone's midnight."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.cameras.schemas import InOut
from api.errors import bad_parameter
from api.history.filters import Filter
from api.history.reading import HistoryReader
from api.history.schemas import CountRow, CountsOut, Dimension, Interval, Totals
from vision.classes import ObjectClass

ROWS_AT_MOST = 50_000


async def count(
    reader: HistoryReader, wanted: Filter, *, interval: Interval, by: Sequence[Dimension], timezone: str
) -> CountsOut:
    """Counts of the filter's range; an open end of it lies where the crossings end.

    Raises:
        ProblemError: an unknown zone, a change of clocks within the range, or more rows than anyone wants to read.
    """
    since, until = await _whole_range(reader, wanted)
    offset_s = _offset_s(timezone, since, until) if interval is Interval.DAY else 0
    rows = await reader.counts(wanted, by=by, bucket_s=interval.seconds, offset_s=offset_s, limit=ROWS_AT_MOST + 1)
    if len(rows) > ROWS_AT_MOST:
        remedy = "choose a longer interval, a shorter range, fewer cameras, or fewer dimensions in `by`"
        raise bad_parameter("interval", f"more than {ROWS_AT_MOST} rows", remedy)
    classes = await reader.counts(wanted, by=[Dimension.CLASS], bucket_s=0, offset_s=0, limit=len(ObjectClass))
    return CountsOut(
        since=since,
        until=until,
        interval=interval,
        timezone=timezone,
        rows=[_row(row, interval, since, until) for row in rows],
        totals=_totals(classes),
    )


async def _whole_range(reader: HistoryReader, wanted: Filter) -> tuple[datetime, datetime]:
    since, until = wanted.since, wanted.until
    if since is None or until is None:
        ends = await reader.first_and_last(wanted)
        now = datetime.now(UTC)
        first, last = ends or (since or until or now, until or since or now)
        since, until = since or first, until or last + timedelta(microseconds=1)
    return since, until


def _offset_s(timezone: str, since: datetime, until: datetime) -> int:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise bad_parameter("tz", f"unknown time zone {timezone!r}", "write one as Asia/Ho_Chi_Minh or UTC") from error
    offsets = {moment.astimezone(zone).utcoffset() for moment in (since, until)}
    if len(offsets) > 1:
        raise bad_parameter("tz", f"the clocks of {timezone} change within the range", "ask for each side by itself")
    return int((offsets.pop() or timedelta()).total_seconds())


def _row(row: dict[str, Any], interval: Interval, since: datetime, until: datetime) -> CountRow:
    start, end = since, until
    if interval is not Interval.TOTAL:
        start = datetime.fromtimestamp(row["start"], UTC)
        end = start + timedelta(seconds=interval.seconds)
    known = {name: row.get(name) for name in ("camera_id", "line_id", "object_class")}
    return CountRow(start=start, end=end, into=row["into"], out=row["out"], total=row["into"] + row["out"], **known)


def _totals(classes: Sequence[dict[str, Any]]) -> Totals:
    by_class = {ObjectClass(row["object_class"]): InOut(into=row["into"], out=row["out"]) for row in classes}
    into, out = (sum(getattr(c, name) for c in by_class.values()) for name in ("into", "out"))
    return Totals(into=into, out=out, total=into + out, by_class=by_class)
