"""Builds the frames of a live view: the image with its tracks, lines, zones and open incidents."""

from collections.abc import Mapping, Sequence

import numpy as np

from vision.analytics import IncidentChange
from vision.config.camera import CameraConfig
from vision.contracts import Direction, LiveIncident, LiveLine, LiveZone
from vision.core import Frame
from vision.pipeline import FrameResult
from vision.worker.camera.session_ids import SessionIds
from vision.worker.live_view import LiveFrame

Totals = Mapping[tuple[str, Direction], int]
"""Crossings by line and direction since the session began."""


def live_frame_of(
    camera: CameraConfig,
    frame: Frame,
    result: FrameResult,
    *,
    totals: Totals,
    incidents: Sequence[IncidentChange],
    ids: SessionIds,
) -> LiveFrame:
    """A frame with its tracks, line totals, zones and open incidents."""
    levels = {state.zone.id: state.congestion for state in result.scene.zones} if result.scene else {}
    return LiveFrame(
        frame=frame,
        tracks=result.tracks,
        lines=tuple(
            LiveLine(
                line_id=line.id,
                start=line.start,
                end=line.end,
                into=totals[line.id, Direction.IN],
                out=totals[line.id, Direction.OUT],
            )
            for line in camera.lines
        ),
        zones=tuple(
            LiveZone(zone_id=zone.id, polygon=zone.polygon, congestion=levels.get(zone.id)) for zone in camera.zones
        ),
        incidents=tuple(
            LiveIncident(
                incident_id=ids.of_incident(change.number),
                incident_kind=change.kind,
                place=change.place,
                track_ids=change.evidence.track_ids,
            )
            for change in incidents
        ),
        speeds_kmh=_speeds_kmh(result),
    )


def _speeds_kmh(result: FrameResult) -> dict[int, float]:
    if result.scene is None:
        return {}
    motion = result.scene.tracks
    known = np.flatnonzero(~np.isnan(motion.speed_kmh))
    return {int(motion.track_id[n]): round(float(motion.speed_kmh[n]), 1) for n in known}
