"""Measures of a line's interval: flow in vehicles and passenger car units, speeds, headways, gaps."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Floats
from vision.analytics.lines.intervals import Flow, Headways
from vision.analytics.statistics import percentiles
from vision.common.object_class import ObjectClass
from vision.config.measures import EquivalentsConfig
from vision.contracts import Direction, FlowQuality
from vision.contracts.measures import DirectionMeasures, LineMeasures


@dataclass(frozen=True, slots=True)
class SpaceMeanParameters:
    """How slow vehicles weigh in the space-mean speed."""

    min_speed_kmh: float = 1.0
    """Slower speeds count as this one, since a speed near zero outweighs all others in a harmonic mean. Higher: less
    sensitive to single slow vehicles, overestimates creeping traffic. Source: chosen."""


DEFAULTS = SpaceMeanParameters()


def measures_of(
    flow: Flow,
    quality: FlowQuality,
    equivalents: EquivalentsConfig,
    parameters: SpaceMeanParameters = DEFAULTS,
) -> LineMeasures:
    """A line's measures of one interval. Rates refer to the seconds that were watched (`quality.watched_s`).

    A headway is from the front of one vehicle to the front of the next, a gap from the rear of one to the front of the
    next (Highway Capacity Manual 2000, chapter 7). Both are taken over the whole line, across all lanes: where
    motorcycles ride abreast, headways are short and gaps zero.
    """
    return LineMeasures(
        directions=tuple(_direction(flow, direction, quality, equivalents, parameters) for direction in Direction),
        pcu_table=equivalents.pcu,
        mcu_table=equivalents.mcu,
        speeds_dropped=sum(headways.implausible for headways in flow.headways.values()),
    )


def _direction(
    flow: Flow,
    direction: Direction,
    quality: FlowQuality,
    equivalents: EquivalentsConfig,
    parameters: SpaceMeanParameters,
) -> DirectionMeasures:
    counts = {c.object_class: c.into if direction is Direction.IN else c.out for c in flow.counts}
    headways = flow.headways.get(direction, Headways.of())
    vehicles = sum(counts.values())
    speeds_kmh = headways.speed_kmh()
    return DirectionMeasures(
        direction=direction,
        vehicles=vehicles,
        flow_veh_h=quality.flow_rate_veh_h(vehicles),
        pcu_h=quality.flow_rate_veh_h(passenger_car_units(counts, equivalents.pcu_factors())),
        mcu_h=quality.flow_rate_veh_h(passenger_car_units(counts, equivalents.mcu_factors())),
        headway_s=percentiles(headways.headways_s()),
        gap_s=percentiles(headways.gaps_s()),
        speed_kmh=percentiles(speeds_kmh),
        space_mean_speed_kmh=harmonic_mean(speeds_kmh, parameters),
    )


def passenger_car_units(counts: Mapping[ObjectClass, int], factors: Mapping[ObjectClass, float]) -> float:
    """Equivalents of these vehicles: passenger car units, or motorcycle units with factors for those.

    A class without a factor counts as zero.

    Examples:
        >>> passenger_car_units({ObjectClass.CAR: 2, ObjectClass.BUS: 1}, {ObjectClass.CAR: 1.0, ObjectClass.BUS: 3.0})
        5.0
    """
    return sum(count * factors.get(object_class, 0.0) for object_class, count in counts.items())


def harmonic_mean(speeds_kmh: Floats, parameters: SpaceMeanParameters = DEFAULTS) -> float | None:
    """Space-mean speed of vehicles (K,) that were measured at one place (Wardrop 1952); `None` without vehicles.

    Examples:
        >>> harmonic_mean(np.array([20.0, 60.0]))
        30.0
    """
    if not len(speeds_kmh):
        return None
    return float(len(speeds_kmh) / (1 / np.maximum(speeds_kmh, parameters.min_speed_kmh)).sum())
