"""The current state of each incident: its newest update, or ended if no worker watches it any more.

Both depend only on what is stored, so that updates may arrive in any order, repeatedly, and through any process.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from sqlalchemy import Update, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from api.storage.event_rows import Row
from api.storage.tables import Base, CameraSessionRow, IncidentRow
from vision.contracts import IncidentPhase
from vision.contracts.events import AnyEvent

ENDED = IncidentPhase.ENDED.value
Upsert = postgresql.Insert | sqlite.Insert
UpsertMaker = Callable[[type[Base]], Upsert]
"""The dialect's `insert`, which supports ON CONFLICT."""


class EndedBecause(StrEnum):
    """Why an incident is over."""

    CLEARED = "cleared"
    """Its worker saw it end."""
    UNWATCHED = "unwatched"
    """Its worker died, and the camera's next session does not know it; it ended with its last update."""


class CurrentIncidents:
    """Updates the table of current incidents."""

    def __init__(self, insert: UpsertMaker) -> None:
        self._insert = insert
        self._newest_sessions: dict[str, str] = {}

    async def update(self, connection: AsyncConnection, events: Iterable[AnyEvent], updates: Iterable[Row]) -> None:
        """Apply a batch's sessions and its new incident updates.

        A camera's row in `camera_sessions` is locked first. Otherwise two processes that store an update of a dead
        session and the first event of the next one might each miss what the other writes.
        """
        newest_updates = _newest_updates(updates)
        sessions = _newest_sessions(events)
        with_updates = {row["camera_id"] for row in newest_updates}
        due = {c: s for c, s in sessions.items() if c in with_updates or s > self._newest_sessions.get(c, "")}
        if not due:
            return
        await connection.execute(self._upsert_sessions(), [_session_row(c, due[c]) for c in sorted(due)])
        if newest_updates:
            await connection.execute(self._upsert_incidents(), newest_updates)
        await connection.execute(_end_unwatched(due))

    def committed(self, events: Iterable[AnyEvent]) -> None:
        """Remember the sessions of a stored batch, so that the next one need not write them again."""
        for camera_id, session_id in _newest_sessions(events).items():
            self._newest_sessions[camera_id] = max(session_id, self._newest_sessions.get(camera_id, ""))

    def _upsert_sessions(self) -> Upsert:
        """Session ids sort by start time."""
        insert = self._insert(CameraSessionRow)
        return insert.on_conflict_do_update(
            index_elements=["camera_id"],
            set_={"session_id": insert.excluded.session_id},
            where=insert.excluded.session_id > CameraSessionRow.session_id,
        )

    def _upsert_incidents(self) -> Upsert:
        insert = self._insert(IncidentRow)
        columns = [c.name for c in IncidentRow.__table__.columns if c.name not in ("id", "incident_id")]
        return insert.on_conflict_do_update(
            index_elements=["incident_id"],
            set_={name: insert.excluded[name] for name in columns},
            where=insert.excluded.sequence > IncidentRow.sequence,
        )


def _session_row(camera_id: str, session_id: str) -> Row:
    return {"camera_id": camera_id, "session_id": session_id}


def _newest_sessions(events: Iterable[AnyEvent]) -> Mapping[str, str]:
    newest: dict[str, str] = {}
    for event in events:
        newest[event.camera_id] = max(event.session_id, newest.get(event.camera_id, ""))
    return newest


def _newest_updates(updates: Iterable[Row]) -> list[Row]:
    """The newest update of each incident, sorted by incident id: all processes lock rows in one order."""
    newest: dict[str, Row] = {}
    for row in updates:
        known = newest.get(row["incident_id"])
        if known is None or row["sequence"] > known["sequence"]:
            newest[row["incident_id"]] = row
    return [
        newest[i] | {"ended_because": EndedBecause.CLEARED.value if newest[i]["phase"] == ENDED else None}
        for i in sorted(newest)
    ]


def _end_unwatched(camera_ids: Iterable[str]) -> Update:
    newest = (
        select(CameraSessionRow.session_id).where(CameraSessionRow.camera_id == IncidentRow.camera_id).scalar_subquery()
    )
    return (
        update(IncidentRow)
        .where(IncidentRow.camera_id.in_(sorted(camera_ids)))
        .where(IncidentRow.phase != ENDED)
        .where(IncidentRow.session_id < newest)
        .values(phase=ENDED, ended_at=IncidentRow.at, ended_because=EndedBecause.UNWATCHED.value)
    )
