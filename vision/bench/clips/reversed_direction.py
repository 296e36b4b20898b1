"""Allowed directions turned round on a real clip: everybody goes the wrong way, and each is to be told of once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vision.bench.clips.evaluate import observe
from vision.bench.clips.ground_truth import KnownClip
from vision.bench.clips.replay import Replay
from vision.config.camera import CameraConfig
from vision.config.zones import DirectionConfig, ZoneConfig
from vision.contracts import IncidentKind
from vision.geometry import points_in_polygons
from vision.pipeline import FrameResult

LINE = "counted-by-people"


@dataclass(frozen=True, slots=True)
class Reversed:
    """What was flagged of the vehicles that cross a clip's line within a zone that has a direction."""

    clip: KnownClip
    crossed: int
    """Vehicles that our counter saw crossing there."""
    true_low: int
    true_high: int
    """How many people saw on the whole line."""
    once: int
    twice: tuple[int, ...]
    """Track ids that belong to more than one incident."""
    missed: tuple[tuple[float, int], ...]
    """Crossings without an incident: when, and the track's id."""
    elsewhere: int
    """Incidents of vehicles that do not cross the line: they come too late, go too early, or have a new id."""


def reverse_clip(clip: KnownClip, camera: CameraConfig, replay: Replay) -> Reversed | None:
    """Run a clip with all directions turned round; `None` where nobody counted or no zone has a direction."""
    directed = [zone for zone in camera.zones if zone.direction is not None]
    if clip.counted is None or not directed:
        return None
    line = clip.counted.line.model_copy(update={"id": LINE})
    turned = camera.model_copy(
        update={"zones": tuple(map(_turned, camera.zones)), "lines": (*camera.lines, line), "movements": ()}
    )
    seen = observe(turned, replay.frames(clip.file))
    incidents = _tracks_flagged(seen)
    crossings = _crossings_within(directed, seen)
    numbers = {track: [n for n, tracks in incidents.items() if track in tracks] for track in crossings}
    counted_for = {n for found in numbers.values() for n in found}
    return Reversed(
        clip=clip,
        crossed=len(crossings),
        true_low=clip.counted.true_low,
        true_high=clip.counted.true_high,
        once=sum(len(found) == 1 for found in numbers.values()),
        twice=tuple(track for track, found in numbers.items() if len(found) > 1),
        missed=tuple((crossings[track], track) for track, found in numbers.items() if not found),
        elsewhere=len(incidents.keys() - counted_for),
    )


def _turned(zone: ZoneConfig) -> ZoneConfig:
    if zone.direction is None:
        return zone
    direction = DirectionConfig(start=zone.direction.end, end=zone.direction.start)
    return zone.model_copy(update={"direction": direction})


def _tracks_flagged(seen: Iterable[FrameResult]) -> dict[int, set[int]]:
    """The tracks of each incident of going the wrong way, by its number."""
    tracks: defaultdict[int, set[int]] = defaultdict(set)
    for moment in seen:
        for change in moment.incidents:
            if change.kind is IncidentKind.WRONG_WAY:
                tracks[change.number].update(change.evidence.track_ids)
    return dict(tracks)


def _crossings_within(zones: Sequence[ZoneConfig], seen: Iterable[FrameResult]) -> dict[int, float]:
    """When each track crossed the line, of those that did so in a zone."""
    crossings = [c for moment in seen for c in moment.crossings if c.line_id == LINE]
    places = np.array([c.place for c in crossings]).reshape(-1, 2)
    inside = np.any(points_in_polygons(places, [np.array(zone.polygon) for zone in zones]), axis=1)
    return {c.track_id: c.at_s for c, is_in in zip(crossings, inside, strict=True) if is_in}
