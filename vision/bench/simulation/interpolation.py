"""A camera looks more often than the simulation steps: who was where in between."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ID, X, Y, HEADING, SPEED = 0, 2, 3, 4, 5
"""Columns of a row: see `sumo_script.py`."""


def interpolated(rows: Floats, counts: Ints, parts: int) -> tuple[Floats, Ints]:
    """`parts` looks for each step: (R', 6) rows and (T * parts,) their number at each look, from those of T + 1 steps.

    The first look is one part after the first step, the last at the last step. Who was there at two steps on end moves
    between them in a straight line, and turns and gains speed evenly; who comes is there from his first step on, who
    leaves until his last one. `rows` (R, 6) are ordered by step, `counts` (T + 1,) says how many belong to each.
    """
    step = np.repeat(np.arange(len(counts)), counts)
    by_id = np.lexsort((step, rows[:, ID]))
    was, now = by_id[:-1], by_id[1:]
    goes_on = (rows[was, ID] == rows[now, ID]) & (step[now] == step[was] + 1)
    was, now = was[goes_on], now[goes_on]
    turned = (rows[now, HEADING] - rows[was, HEADING] + 180) % 360 - 180
    pieces, looks = [rows[step > 0]], [step[step > 0] * parts]
    for part in range(1, parts):
        between = rows[was].copy()
        between[:, [X, Y, SPEED]] += (rows[now] - rows[was])[:, [X, Y, SPEED]] * part / parts
        between[:, HEADING] = (between[:, HEADING] + turned * part / parts) % 360
        pieces.append(between)
        looks.append(step[was] * parts + part)
    look = np.concatenate(looks)
    order = np.argsort(look, kind="stable")
    return np.concatenate(pieces)[order], np.bincount(look - 1, minlength=(len(counts) - 1) * parts)
