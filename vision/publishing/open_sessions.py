"""The sessions whose events one process publishes, and the end of each."""

from collections.abc import Mapping
from datetime import UTC, datetime

from vision.contracts import Event, SessionEnd, split_event_id


class OpenSessions:
    """Knows the newest event of each camera's session."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[str, int]] = {}

    def add(self, event: Event) -> SessionEnd | None:
        """Note an event; returns the end of the camera's session before, when this is the first of another one."""
        newest = split_event_id(event.event_id)
        if newest is None:
            return None
        before = self._newest.get(event.camera_id)
        self._newest[event.camera_id] = newest
        return _end(event.camera_id, *before) if before is not None and before[0] != newest[0] else None

    def close(self) -> list[SessionEnd]:
        """The ends of all sessions."""
        ends = [_end(camera_id, *newest) for camera_id, newest in sorted(self._newest.items())]
        self._newest.clear()
        return ends


def ends_of(newest: Mapping[str, str]) -> list[SessionEnd]:
    """The ends of a dead process's sessions, from the id of each camera's newest event."""
    parts = {camera_id: split_event_id(event_id) for camera_id, event_id in sorted(newest.items())}
    return [_end(camera_id, *found) for camera_id, found in parts.items() if found is not None]


def _end(camera_id: str, session_id: str, events: int) -> SessionEnd:
    return SessionEnd(
        event_id=f"{session_id}-end",
        camera_id=camera_id,
        session_id=session_id,
        events=events,
        at=datetime.now(UTC),
    )
