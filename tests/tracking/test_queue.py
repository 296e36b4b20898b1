"""Vehicles in a dense queue keep their ids, though single boxes are missed."""

import numpy as np

from tests.tracking.tracking_kit import Box, follow
from vision.common.object_class import ObjectClass

PLACES = (200, 235, 270)
"""Heights of the riders; a box is twice as high as the gap to the next one."""


def rider(y: float) -> Box:
    return Box(300, y, 30, 70, object_class=ObjectClass.MOTORCYCLE)


def places_of(frames: list[list[Box]]) -> dict[int, set[int]]:
    """The places in the queue that each track ever had."""
    bottoms = np.array(PLACES) + 35
    places: dict[int, set[int]] = {}
    for frame in follow(frames):
        for track, bottom in zip(frame.tracks.track_id.tolist(), frame.tracks.xyxy[:, 3].tolist(), strict=True):
            places.setdefault(track, set()).add(int(np.abs(bottoms - bottom).argmin()))
    return places


def test_a_new_rider_and_a_missed_one_do_not_shift_ids_along_the_queue() -> None:
    waiting, appears, whole = ([rider(y) for y in places] for places in (PLACES[:2], PLACES[1:3], PLACES[:3]))
    places = places_of([waiting] * 12 + [appears] * 3 + [whole] * 12)
    assert sorted(map(tuple, places.values())) == [(0,), (1,), (2,)]
