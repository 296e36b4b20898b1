"""Cameras with their configuration, health and today's counts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.cameras.board import HealthBoard
from api.cameras.schemas import (
    CameraList,
    CameraOut,
    LineCount,
    LineOut,
    MovementOut,
    RunningCounts,
    SignalOut,
    SourceOut,
    ZoneOut,
)
from api.history.schemas import InOut
from api.history.service import count_since
from api.pagination.store_reader import StoreReader
from api.storage.camera_files import CameraFiles
from vision.common.addresses import public_address
from vision.common.object_class import ObjectClass
from vision.common.redaction import redact
from vision.config.camera import CameraConfig
from vision.config.sources import FileSource, RtspSource


class CameraService:
    """Describes cameras from their files, their health and the database."""

    def __init__(self, files: CameraFiles, board: HealthBoard, reader: StoreReader, timezone: str) -> None:
        self._files = files
        self._board = board
        self._reader = reader
        self._zone = ZoneInfo(timezone)

    async def cameras(self) -> CameraList:
        """All cameras, sorted by id."""
        since = self._midnight()
        rows = await count_since(self._reader, since)
        by_camera: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_camera[row["camera_id"]].append(row)
        cameras = [self._describe(camera_id, since, by_camera[camera_id]) for camera_id in self._board.ids()]
        return CameraList(as_of=datetime.now(UTC), problem=self._files.now.trouble or None, cameras=cameras)

    async def camera(self, camera_id: str) -> CameraOut:
        """One camera, which must be known."""
        since = self._midnight()
        return self._describe(camera_id, since, await count_since(self._reader, since, camera_id))

    def _midnight(self) -> datetime:
        today = datetime.now(self._zone).date()
        return datetime.combine(today, time(), self._zone).astimezone(UTC)

    def _describe(self, camera_id: str, since: datetime, rows: Iterable[dict[str, Any]]) -> CameraOut:
        files = self._files.now
        config = files.cameras.get(camera_id)
        counts = _counts(config, rows)
        return CameraOut(
            id=camera_id,
            configured=config is not None,
            problem=files.problem(camera_id) or None,
            health=self._board.status(camera_id),
            counts=RunningCounts(since=since, lines=counts),
            **(_configuration(config) if config else {}),
        )


def _configuration(config: CameraConfig) -> dict[str, Any]:
    return {
        "name": config.name,
        "enabled": config.enabled,
        "source": source_out(config.source),
        "interval_s": config.interval.total_seconds(),
        "detection_fps": config.detection.fps,
        "lines": [
            LineOut.model_validate(line.model_dump() | {"classes": sorted(line.classes)}) for line in config.lines
        ],
        "movements": [
            MovementOut.model_validate(m.model_dump() | {"within_s": m.within.total_seconds()})
            for m in config.movements
        ],
        "zones": [ZoneOut.model_validate(zone.model_dump()) for zone in config.zones],
        "signals": [SignalOut(id=s.id, name=s.name, known_by=s.state.kind) for s in config.signals],
        "is_calibrated": config.calibration is not None,
    }


def source_out(source: RtspSource | FileSource) -> SourceOut:
    """Where the frames come from, without user, password and query; of a recording, its file name."""
    address = redact(Path(source.path).name) if isinstance(source, FileSource) else public_address(source.url)
    return SourceOut(kind=source.kind, address=address)


def _counts(config: CameraConfig | None, rows: Iterable[dict[str, Any]]) -> dict[str, LineCount]:
    lines: dict[str, dict[ObjectClass, InOut]] = {line.id: {} for line in config.lines} if config else {}
    for row in rows:
        by_class = lines.setdefault(row["line_id"], {})
        by_class[ObjectClass(row["object_class"])] = InOut(into=row["into"], out=row["out"])
    return {
        line_id: LineCount(
            into=sum(c.into for c in by_class.values()), out=sum(c.out for c in by_class.values()), by_class=by_class
        )
        for line_id, by_class in lines.items()
    }
