"""Where each incident stands: by its newest word, and by whether anybody still watches it.

Both are functions of what was stored alone, so that words may come in any order, and again, through any process.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from sqlalchemy import Update, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from api.storage.rows import Row
from api.storage.tables import Base, CameraSessionRow, IncidentRow
from vision.contracts import IncidentPhase
from vision.contracts.events import AnyEvent

ENDED = IncidentPhase.ENDED.value
Upsert = postgresql.Insert | sqlite.Insert
UpsertMaker = Callable[[type[Base]], Upsert]
"""The dialect's `insert`, which knows what to do on conflict."""


class EndedBecause(StrEnum):
    """Why an incident is over."""

    CLEARED = "cleared"
    """Its worker saw its end."""
    UNWATCHED = "unwatched"
    """Its worker died, and another session of the camera knows nothing of it. It ended when it was last told of."""


class IncidentKeeper:
    """Keeps the table of incidents."""

    def __init__(self, insert: UpsertMaker) -> None:
        self._insert = insert
        self._newest: dict[str, str] = {}

    async def keep(self, connection: AsyncConnection, events: Iterable[AnyEvent], words: Iterable[Row]) -> None:
        """Take up the batch's sessions and its new words about incidents.

        A camera's row in `camera_sessions` is locked first, so that of two processes that store a word of a dead
        session and the first event of the next, the later one sees what the earlier one wrote.
        """
        newest_words = _newest_words(words)
        sessions = _newest_sessions(events)
        of_incidents = {word["camera_id"] for word in newest_words}
        due = {c: s for c, s in sessions.items() if c in of_incidents or s > self._newest.get(c, "")}
        if not due:
            return
        await connection.execute(self._newer_sessions(), [_session(c, due[c]) for c in sorted(due)])
        if newest_words:
            await connection.execute(self._newer_words(), newest_words)
        await connection.execute(_end_the_unwatched(due))

    def committed(self, events: Iterable[AnyEvent]) -> None:
        """What was taken up is stored: the same sessions need not be looked at again."""
        for camera_id, session_id in _newest_sessions(events).items():
            self._newest[camera_id] = max(session_id, self._newest.get(camera_id, ""))

    def _newer_sessions(self) -> Upsert:
        """Ids of sessions sort by the time they began."""
        insert = self._insert(CameraSessionRow)
        return insert.on_conflict_do_update(
            index_elements=["camera_id"],
            set_={"session_id": insert.excluded.session_id},
            where=insert.excluded.session_id > CameraSessionRow.session_id,
        )

    def _newer_words(self) -> Upsert:
        insert = self._insert(IncidentRow)
        told = [c.name for c in IncidentRow.__table__.columns if c.name not in ("id", "incident_id")]
        return insert.on_conflict_do_update(
            index_elements=["incident_id"],
            set_={name: insert.excluded[name] for name in told},
            where=insert.excluded.sequence > IncidentRow.sequence,
        )


def _session(camera_id: str, session_id: str) -> Row:
    return {"camera_id": camera_id, "session_id": session_id}


def _newest_sessions(events: Iterable[AnyEvent]) -> Mapping[str, str]:
    newest: dict[str, str] = {}
    for event in events:
        newest[event.camera_id] = max(event.session_id, newest.get(event.camera_id, ""))
    return newest


def _newest_words(words: Iterable[Row]) -> list[Row]:
    """Of each incident its newest word, in the order of their ids: all processes lock rows in one order."""
    newest: dict[str, Row] = {}
    for word in words:
        known = newest.get(word["incident_id"])
        if known is None or word["sequence"] > known["sequence"]:
            newest[word["incident_id"]] = word
    return [
        newest[i] | {"ended_because": EndedBecause.CLEARED.value if newest[i]["phase"] == ENDED else None}
        for i in sorted(newest)
    ]


def _end_the_unwatched(camera_ids: Iterable[str]) -> Update:
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
