"""What a line says of the traffic that crosses it: speeds, headways, gaps, flow in units of cars and motorcycles.

Headway is from the front of one vehicle to the front of the next, gap from the rear of one to the front of the next
(Highway Capacity Manual 2000, chapter 7). Both are taken over the whole line, whatever lane or file vehicles keep to:
where motorcycles ride abreast, headways are short and gaps nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from vision.analytics.crossings import Crossing
from vision.analytics.flow import Flow, Passages
from vision.analytics.motion import Floats, Motion
from vision.analytics.sizes import LENGTH_M
from vision.analytics.spread import spread_of
from vision.classes import ObjectClass
from vision.config.lines import Anchor, LineConfig
from vision.config.measures import EquivalentsConfig
from vision.contracts import Direction, FlowQuality
from vision.contracts.measures import DirectionMeasures, LineMeasures

SLOWEST_MPS = 0.3
"""Slower than this nobody is said to pass: the time that it would take him says nothing."""
KMH_PER_MPS = 3.6


def with_motion(
    crossings: Iterable[Crossing],
    motion: Motion,
    lines: Sequence[LineConfig],
    paces_mps: Mapping[int, float],
    plausible_mps: float | None,
) -> list[Crossing]:
    """The crossings, and what the motion of their vehicles says of speed and passage at the line.

    `paces_mps` is how fast each track passes, NaN where that is not known. `plausible_mps` is the fastest that is
    believed of a calibrated camera; `None` of one that is not, whose speeds are not told.
    """
    row_of = {track: row for row, track in enumerate(motion.track_id.tolist())}
    anchors = {line.id: line.anchor for line in lines}
    told = []
    for crossing in crossings:
        row, pace_mps = row_of.get(crossing.track_id), paces_mps[crossing.track_id]
        if row is not None and pace_mps >= SLOWEST_MPS:
            before = _before_anchor(anchors[crossing.line_id], motion.velocity_px[row])
            crossing = _with_pace(crossing, pace_mps, before, plausible_mps)  # noqa: PLW2901
        told.append(crossing)
    return told


def _with_pace(crossing: Crossing, pace_mps: float, before: float, plausible_mps: float | None) -> Crossing:
    """`before` is the part of the vehicle's length that is ahead of the point that crossed."""
    passage_s = LENGTH_M[crossing.object_class] / pace_mps
    is_implausible = plausible_mps is not None and pace_mps > plausible_mps
    return replace(
        crossing,
        speed_kmh=None if plausible_mps is None or is_implausible else pace_mps * KMH_PER_MPS,
        is_implausible=is_implausible,
        passage_s=passage_s,
        front_at_s=crossing.at_s - passage_s * before,
    )


def _before_anchor(anchor: Anchor, velocity_px: Floats) -> float:
    """The part of a vehicle's length that is ahead of the point that its line looks at.

    The lower edge of a box is at the front of a vehicle that comes towards the camera, at the rear of one that goes
    away from it.
    """
    if anchor is Anchor.CENTER or np.isnan(velocity_px[0]):
        return 0.5
    return float(1 - velocity_px[1] / max(float(np.hypot(*velocity_px)), 1e-9)) / 2


def measures_of(flow: Flow, quality: FlowQuality, equivalents: EquivalentsConfig) -> LineMeasures:
    """A line's interval in traffic engineering's terms. Rates are over the seconds that were watched."""
    return LineMeasures(
        directions=tuple(_direction(flow, direction, quality, equivalents) for direction in Direction),
        pcu_table=equivalents.pcu,
        mcu_table=equivalents.mcu,
        speeds_dropped=sum(passages.implausible for passages in flow.passages.values()),
    )


def _direction(
    flow: Flow, direction: Direction, quality: FlowQuality, equivalents: EquivalentsConfig
) -> DirectionMeasures:
    counts = {c.object_class: c.into if direction is Direction.IN else c.out for c in flow.counts}
    passages = flow.passages.get(direction, Passages.of())
    vehicles = sum(counts.values())
    speeds_kmh = passages.speed_kmh()
    return DirectionMeasures(
        direction=direction,
        vehicles=vehicles,
        flow_veh_h=quality.flow_rate_veh_h(vehicles),
        pcu_h=quality.flow_rate_veh_h(units(counts, equivalents.pcu_factors())),
        mcu_h=quality.flow_rate_veh_h(units(counts, equivalents.mcu_factors())),
        headway_s=spread_of(passages.headways_s()),
        gap_s=spread_of(passages.gaps_s()),
        speed_kmh=spread_of(speeds_kmh),
        space_mean_speed_kmh=harmonic_mean(speeds_kmh),
    )


def units(counts: Mapping[ObjectClass, int], factors: Mapping[ObjectClass, float]) -> float:
    """What these vehicles come to in the units that the factors are of; a class without one counts for nothing."""
    return sum(count * factors.get(object_class, 0.0) for object_class, count in counts.items())


def harmonic_mean(speeds_kmh: Floats) -> float | None:
    """The space-mean speed of vehicles that were timed at one place (Wardrop 1952); `None` of nothing."""
    if not len(speeds_kmh):
        return None
    return float(len(speeds_kmh) / (1 / np.maximum(speeds_kmh, SLOWEST_MPS * KMH_PER_MPS)).sum())
