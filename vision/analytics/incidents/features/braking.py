"""How hard a vehicle must have braked to come to stand where it does, by where it was seen just before."""

import numpy as np

from vision.analytics.kinematics.state import Floats

BEFORE_S, AFTER_S = 2.0, 1.5
"""Looks from so long before it stood to so long after that tell."""
BRAKINGS_MPS2 = np.array(
    [1.5, 1.75, 2.0, 2.3, 2.7, 3.1, 3.6, 4.1, 4.7, 5.4, 6.2, 7.1, 8.0, 9.0, 10.0, 14.0, 20.0, 40.0]
)
"""Those that are tried. What lies between two may be told as the harder one, so they are near each other as far as
brakes go; harder ones are not told apart any better."""
STOPS_S = np.arange(-1.0, 2.01, 0.2)
"""When it may have come to rest, from when it is taken to stand: near its place a box trembles."""
PACES = np.geomspace(0.8, 2.0, 10)
"""How fast it may have driven, in parts of the pace at which it made its way there, or the first half of that."""
FINER, STEPS = 4, np.linspace(-1.0, 1.0, 5)
"""Around the best of these so often others are tried, so many steps off, half as far apart as those before."""
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
    speed_mps = max(-float(np.polyfit(times_s[part], togo_m[part], 1)[0]) for part in (comes, first))
    if not speed_mps > 0:
        return 0.0
    off = _off(times_s - since_s, togo_m / trembles_m, speed_mps / trembles_m, BRAKINGS_MPS2 / trembles_m)
    return float(BRAKINGS_MPS2[off <= off.min() + AS_WELL * max(off.min() / len(times_s), 1.0)][0])


def _off(times_s: Floats, togo: Floats, pace: float, brakings: Floats) -> Floats:
    """How far off K looks are in sum at least, with each of B brakings (B,); lengths are in what a box trembles.

    The best of a coarse grid of moments and paces is made finer for each braking by itself: between brakings that are
    near each other, what a grid leaves over would decide.
    """
    each = np.arange(len(brakings))
    tried = np.stack(np.meshgrid(STOPS_S, np.log(pace * PACES))).reshape(2, -1)
    apart = np.array([[np.diff(STOPS_S)[0]], [np.diff(np.log(PACES))[0]]])
    aside = np.stack(np.meshgrid(STEPS, STEPS)).reshape(2, -1)
    stops_s, log_paces = np.broadcast_to(tried[:, None], (2, len(brakings), tried.shape[1]))
    for finer in range(FINER + 1):
        left_s = np.maximum(stops_s[..., None] - times_s, 0.0)
        a, v = brakings[:, None, None], np.exp(log_paces)[..., None]
        way = np.where(left_s < v / a, a / 2 * left_s**2, v * (left_s - v / a / 2))
        off = np.minimum(np.abs(way - togo), FARTHEST_OFF).sum(axis=-1)
        best = off.argmin(axis=1)
        aside_s, aside_log = aside * apart / 2**finer
        stops_s, log_paces = stops_s[each, best, None] + aside_s, log_paces[each, best, None] + aside_log
    least: Floats = off[each, best]
    return least
