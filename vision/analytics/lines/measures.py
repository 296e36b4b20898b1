"""What a line says of the traffic that crosses it: speeds, headways, gaps, flow in units of cars and motorcycles.

Headway is from the front of one vehicle to the front of the next, gap from the rear of one to the front of the next
(Highway Capacity Manual 2000, chapter 7). Both are taken over the whole line, whatever lane or file vehicles keep to:
where motorcycles ride abreast, headways are short and gaps nothing.
"""

from collections.abc import Mapping

import numpy as np

from vision.analytics.kinematics.state import Floats
from vision.analytics.lines.intervals import Flow, Headways
from vision.analytics.statistics import percentiles
from vision.common.object_class import ObjectClass
from vision.config.measures import EquivalentsConfig
from vision.contracts import Direction, FlowQuality
from vision.contracts.measures import DirectionMeasures, LineMeasures

SLOWEST_KMH = 1.0
"""A slower speed would outweigh all others in a harmonic mean."""


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
    passages = flow.passages.get(direction, Headways.of())
    vehicles = sum(counts.values())
    speeds_kmh = passages.speed_kmh()
    return DirectionMeasures(
        direction=direction,
        vehicles=vehicles,
        flow_veh_h=quality.flow_rate_veh_h(vehicles),
        pcu_h=quality.flow_rate_veh_h(units(counts, equivalents.pcu_factors())),
        mcu_h=quality.flow_rate_veh_h(units(counts, equivalents.mcu_factors())),
        headway_s=percentiles(passages.headways_s()),
        gap_s=percentiles(passages.gaps_s()),
        speed_kmh=percentiles(speeds_kmh),
        space_mean_speed_kmh=harmonic_mean(speeds_kmh),
    )


def units(counts: Mapping[ObjectClass, int], factors: Mapping[ObjectClass, float]) -> float:
    """What these vehicles come to in the units that the factors are of; a class without one counts for nothing."""
    return sum(count * factors.get(object_class, 0.0) for object_class, count in counts.items())


def harmonic_mean(speeds_kmh: Floats) -> float | None:
    """The space-mean speed of vehicles that were timed at one place (Wardrop 1952); `None` of nothing."""
    if not len(speeds_kmh):
        return None
    return float(len(speeds_kmh) / (1 / np.maximum(speeds_kmh, SLOWEST_KMH)).sum())
