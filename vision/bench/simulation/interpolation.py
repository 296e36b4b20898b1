"""Interpolates positions between simulation steps, for cameras with a higher frame rate than the simulation."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ID, X, Y, HEADING, SPEED = 0, 2, 3, 4, 5
"""Columns of a row that `sumo/script.py` writes."""


def interpolated(rows: Floats, counts: Ints, parts: int) -> tuple[Floats, Ints]:
    """`parts` frames per simulation step.

    A vehicle that is present in two consecutive steps moves between them in a straight line; its heading and speed
    change evenly. A vehicle that enters appears at its first step, one that leaves disappears after its last.

    Args:
        rows: (R, 6), ordered by step.
        counts: (T + 1,), the number of rows in each step.
        parts: frames per step. The first frame is one part after the first step, the last is the last step.

    Returns:
        (R', 6) rows, and (T * parts,) the number of rows in each frame.
    """
    step = np.repeat(np.arange(len(counts)), counts)
    by_id = np.lexsort((step, rows[:, ID]))
    before, after = by_id[:-1], by_id[1:]
    continues = (rows[before, ID] == rows[after, ID]) & (step[after] == step[before] + 1)
    before, after = before[continues], after[continues]
    turn = (rows[after, HEADING] - rows[before, HEADING] + 180) % 360 - 180
    pieces, frames = [rows[step > 0]], [step[step > 0] * parts]
    for part in range(1, parts):
        between = rows[before].copy()
        between[:, [X, Y, SPEED]] += (rows[after] - rows[before])[:, [X, Y, SPEED]] * part / parts
        between[:, HEADING] = (between[:, HEADING] + turn * part / parts) % 360
        pieces.append(between)
        frames.append(step[before] * parts + part)
    frame = np.concatenate(frames)
    order = np.argsort(frame, kind="stable")
    return np.concatenate(pieces)[order], np.bincount(frame - 1, minlength=(len(counts) - 1) * parts)
