"""Level of service of urban streets by mean travel speed (Highway Capacity Manual 2000)."""

from vision.config.zones import RoadClass

KMH_PER_MPH = 1.609344
LOWER_LIMITS_MPH: dict[RoadClass, tuple[float, ...]] = {
    RoadClass.I: (42, 34, 27, 21, 16),
    RoadClass.II: (35, 28, 22, 17, 13),
    RoadClass.III: (30, 24, 18, 14, 10),
    RoadClass.IV: (25, 19, 13, 9, 7),
}
"""Highway Capacity Manual 2000, exhibit 15-2: faster than these is A, B, C, D, E; the rest is F."""


def level_of_service(mean_travel_speed_kmh: float, road_class: RoadClass) -> str:
    """A to F, from the space-mean speed over the street's length, time at signals included.

    Examples:
        >>> level_of_service(40.0, RoadClass.II)
        'C'
    """
    for level, limit_mph in zip("ABCDE", LOWER_LIMITS_MPH[road_class], strict=True):
        if mean_travel_speed_kmh > limit_mph * KMH_PER_MPH:
            return level
    return "F"
