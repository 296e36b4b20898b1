"""Reverses the allowed directions on a clip: every vehicle drives the wrong way, and should be reported once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vision.bench.clips.evaluate import analyse
from vision.bench.clips.ground_truth import DescribedClip
from vision.bench.clips.replay import Replay
from vision.config.camera import CameraConfig
from vision.config.zones import DirectionConfig, ZoneConfig
from vision.contracts import IncidentKind
from vision.geometry import points_in_polygons
from vision.pipeline import FrameResult

LINE_ID = "counted-by-people"


@dataclass(frozen=True, slots=True)
class Reversed:
    """Wrong-way incidents of the vehicles that cross a clip's line inside a zone with a direction."""

    clip: DescribedClip
    crossed: int
    """Vehicles that were counted there."""
    true_low: int
    true_high: int
    """The range that people counted on the whole line."""
    once: int
    """Vehicles with exactly one incident."""
    twice: tuple[int, ...]
    """Track ids with more than one incident."""
    missed: tuple[tuple[float, int], ...]
    """Crossings without an incident: time and track id."""
    elsewhere: int
    """Incidents of vehicles that do not cross the line: they enter too late, leave too early, or have a new id."""


def reverse_clip(clip: DescribedClip, camera: CameraConfig, replay: Replay) -> Reversed | None:
    """Run a clip with all directions reversed; None without counted crossings or a zone with a direction."""
    directed = [zone for zone in camera.zones if zone.direction is not None]
    if clip.counted is None or not directed:
        return None
    line = clip.counted.line.model_copy(update={"id": LINE_ID})
    reversed_camera = camera.model_copy(
        update={"zones": tuple(map(_reversed, camera.zones)), "lines": (*camera.lines, line), "movements": ()}
    )
    results = analyse(reversed_camera, replay.frames(clip.file))
    incidents = _tracks_by_incident(results)
    crossings = _crossings_within(directed, results)
    numbers = {track: [n for n, tracks in incidents.items() if track in tracks] for track in crossings}
    matched = {n for found in numbers.values() for n in found}
    return Reversed(
        clip=clip,
        crossed=len(crossings),
        true_low=clip.counted.true_low,
        true_high=clip.counted.true_high,
        once=sum(len(found) == 1 for found in numbers.values()),
        twice=tuple(track for track, found in numbers.items() if len(found) > 1),
        missed=tuple((crossings[track], track) for track, found in numbers.items() if not found),
        elsewhere=len(incidents.keys() - matched),
    )


def _reversed(zone: ZoneConfig) -> ZoneConfig:
    if zone.direction is None:
        return zone
    direction = DirectionConfig(start=zone.direction.end, end=zone.direction.start)
    return zone.model_copy(update={"direction": direction})


def _tracks_by_incident(results: Iterable[FrameResult]) -> dict[int, set[int]]:
    """The track ids of each wrong-way incident, by its number."""
    tracks: defaultdict[int, set[int]] = defaultdict(set)
    for result in results:
        for change in result.incidents:
            if change.kind is IncidentKind.WRONG_WAY:
                tracks[change.number].update(change.evidence.track_ids)
    return dict(tracks)


def _crossings_within(zones: Sequence[ZoneConfig], results: Iterable[FrameResult]) -> dict[int, float]:
    """Time by track id of the crossings inside a zone."""
    crossings = [c for result in results for c in result.crossings if c.line_id == LINE_ID]
    places = np.array([c.place for c in crossings]).reshape(-1, 2)
    inside = np.any(points_in_polygons(places, [np.array(zone.polygon) for zone in zones]), axis=1)
    return {c.track_id: c.at_s for c, is_in in zip(crossings, inside, strict=True) if is_in}
