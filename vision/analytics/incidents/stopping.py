"""How hard a vehicle must have braked to come to stand where it does, by where it was seen just before."""

import numpy as np

from vision.analytics.motion import Floats

BEFORE_S, AFTER_S = 2.0, 1.5
"""Looks from so long before it stood to so long after that tell."""
BRAKINGS_MPS2 = np.array(
    [1.5, 1.75, 2.0, 2.3, 2.7, 3.1, 3.6, 4.1, 4.7, 5.4, 6.2, 7.2, 8.3, 9.6, 11.0, 14.0, 20.0, 40.0]
)
"""Those that are tried. What lies between two may be told as the harder one, so they are near each other as far as
brakes go; harder ones are not told apart any better."""
STOPS_S = np.arange(-1.0, 2.01, 0.08)
"""When it may have come to rest, from when it is taken to stand: near its place a box trembles."""
PACES = np.geomspace(0.8, 2.0, 19)
"""How fast it may have driven, in parts of the pace at which it made its way there, or the first half of that."""
TREMBLES_AT_MOST_M = 3.0
"""A place that trembles more tells no braking."""
FEWEST = 3
"""Looks on the way that tell how it stopped."""
FARTHEST_OFF = 5.0
"""A look that is farther off, in what a box trembles, leapt: it counts no more than that."""
AS_WELL = 2.0
"""What is off by so much more in sum, in what a box trembles, explains the looks less well."""


def softest_braking_mps2(times_s: Floats, togo_m: Floats, *, since_s: float, trembles_m: float) -> float:
    """The softest even braking that explains K looks about as well as any does; 0 where they are too few to tell.

    `togo_m` (K,): how far each was from where it stands since `since_s`, along its way; `trembles_m`: how much a place
    trembles. It drove evenly, then braked evenly to rest: paces and moments are tried. A look that leaps counts little,
    and looks that nothing explains well tell little.
    """
    near = (times_s >= since_s - BEFORE_S) & (times_s <= since_s + AFTER_S) & np.isfinite(togo_m)
    times_s, togo_m = times_s[near], togo_m[near]
    comes = togo_m > 2 * trembles_m
    if comes.sum() < FEWEST or trembles_m > TREMBLES_AT_MOST_M:
        return 0.0
    first = comes & (togo_m >= np.median(togo_m[comes]))
    pace_mps = max(-float(np.polyfit(times_s[part], togo_m[part], 1)[0]) for part in (comes, first))
    if not pace_mps > 0:
        return 0.0
    left_s = np.maximum(since_s + STOPS_S[:, None] - times_s, 0.0)
    a, v = BRAKINGS_MPS2[:, None, None, None], pace_mps * PACES[:, None, None]
    braking_s = v / a
    way_m = np.where(left_s < braking_s, a / 2 * left_s**2, v * (left_s - braking_s / 2))
    off = np.minimum(np.abs(way_m - togo_m) / trembles_m, FARTHEST_OFF).sum(axis=-1).min(axis=(1, 2))
    return float(BRAKINGS_MPS2[off <= off.min() + AS_WELL * max(off.min() / len(times_s), 1.0)][0])
