"""Finds events that were published and never stored, by the gapless numbers of each session."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.storage.current_incidents import UpsertMaker
from api.storage.event_rows import Row
from api.storage.sequences import Missing, Sequence
from api.storage.tables import MissingEventsRow, SessionProgressRow
from vision.contracts import FlowReport, HealthChange, Incident, SessionEnd, ZoneReport, split_event_id
from vision.contracts.events import AnyEvent

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class MissingEvents:
    """Keeps the table of missing events, within the transaction that stores a batch.

    An event that arrives later, in whatever order and by whatever process, leaves the table again.
    """

    def __init__(self, upsert: UpsertMaker) -> None:
        self._upsert = upsert

    async def update(self, connection: AsyncConnection, events: Iterable[AnyEvent]) -> None:
        """Account for a batch: for each session, its numbers and its end."""
        seen, ends = _by_session(events)
        if not seen and not ends:
            return
        cameras = {session_id: camera_id for session_id, (camera_id, _) in {**ends, **seen}.items()}
        before = await self._lock(connection, sorted(cameras))
        for session_id, sequence in before.items():
            after = sequence.with_seen(seen[session_id][1]) if session_id in seen else sequence
            if session_id in ends:
                after = after.up_to(*ends[session_id][1])
            if after != sequence:
                await _save(connection, cameras[session_id], session_id, sequence, after)

    async def _lock(self, connection: AsyncConnection, session_ids: list[str]) -> dict[str, Sequence]:
        """The sequences of sessions; no other process changes them before this transaction ends."""
        rows = [{"session_id": session_id, "highest": 0, "at": NEVER} for session_id in session_ids]
        await connection.execute(self._upsert(SessionProgressRow).on_conflict_do_nothing(), rows)
        progress = (
            select(SessionProgressRow.__table__)
            .where(SessionProgressRow.session_id.in_(session_ids))
            .order_by(SessionProgressRow.session_id)
            .with_for_update()
        )
        found = (await connection.execute(progress)).mappings().all()
        missing = select(MissingEventsRow.__table__).where(MissingEventsRow.session_id.in_(session_ids))
        gaps: dict[str, list[Missing]] = defaultdict(list)
        for row in (await connection.execute(missing.order_by(MissingEventsRow.first))).mappings():
            gaps[row["session_id"]].append(Missing(row["first"], row["last"], row["since"], row["until"]))
        return {
            row["session_id"]: Sequence(
                row["highest"], row["at"] if row["highest"] else None, tuple(gaps[row["session_id"]])
            )
            for row in found
        }


async def count_missing(connection: AsyncConnection, since: datetime) -> int:
    """How many missing events have been found since a time."""
    query = select(func.coalesce(func.sum(MissingEventsRow.events), 0)).where(MissingEventsRow.detected_at >= since)
    return int((await connection.scalars(query)).one())


async def _save(
    connection: AsyncConnection, camera_id: str, session_id: str, before: Sequence, after: Sequence
) -> None:
    if (after.highest, after.at) != (before.highest, before.at):
        await connection.execute(
            update(SessionProgressRow)
            .where(SessionProgressRow.session_id == session_id)
            .values(highest=after.highest, at=after.at)
        )
    gone, new = set(before.missing) - set(after.missing), set(after.missing) - set(before.missing)
    if gone:
        removal = delete(MissingEventsRow).where(
            MissingEventsRow.session_id == session_id, MissingEventsRow.first == bindparam("gone")
        )
        await connection.execute(removal, [{"gone": gap.first} for gap in gone])
    if new:
        rows = [_row(camera_id, session_id, gap) for gap in sorted(new, key=lambda gap: gap.first)]
        await connection.execute(insert(MissingEventsRow), rows)


def _row(camera_id: str, session_id: str, gap: Missing) -> Row:
    return {
        "event_id": f"{session_id}-{gap.first}",
        "camera_id": camera_id,
        "session_id": session_id,
        "first": gap.first,
        "last": gap.last,
        "events": gap.last - gap.first + 1,
        "since": gap.since,
        "until": gap.until,
        "detected_at": datetime.now(UTC),
    }


Seen = dict[str, tuple[str, dict[int, datetime]]]
"""Camera id, and time by number, of each session."""
Ends = Mapping[str, tuple[str, tuple[int, datetime]]]
"""Camera id, number of events and time of the end, of each session that is over."""


def _by_session(events: Iterable[AnyEvent]) -> tuple[Seen, Ends]:
    seen: Seen = {}
    ends: dict[str, tuple[str, tuple[int, datetime]]] = {}
    for event in events:
        if isinstance(event, SessionEnd):
            ends[event.session_id] = (event.camera_id, (event.events, event.at))
            continue
        parts = split_event_id(event.event_id)
        if parts is not None and parts[0] == event.session_id:
            numbers = seen.setdefault(event.session_id, (event.camera_id, {}))[1]
            numbers[parts[1]] = happened_at(event)
    return seen, ends


def happened_at(event: AnyEvent) -> datetime:
    """When an event happened, for the times between which others are missing."""
    match event:
        case FlowReport() | ZoneReport():
            return event.interval_start
        case HealthChange() | Incident() | SessionEnd():
            return event.at
        case _:
            return event.captured_at
