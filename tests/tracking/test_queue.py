"""Who waits in a dense queue keeps his id, though his box is now and then missed."""

import numpy as np

from tests.tracking.tracking_kit import Box, follow
from vision.common.object_class import ObjectClass

PLACES = (200, 235, 270)
"""A rider's box is twice as high as he is apart from the next."""


def rider(y: float) -> Box:
    return Box(300, y, 30, 70, object_class=ObjectClass.MOTORCYCLE)


def places_of(frames: list[list[Box]]) -> dict[int, set[int]]:
    """By track: where in the queue it was ever seen."""
    feet = np.array(PLACES) + 35
    seen: dict[int, set[int]] = {}
    for sighting in follow(frames):
        for track, foot in zip(sighting.tracks.track_id.tolist(), sighting.tracks.xyxy[:, 3].tolist(), strict=True):
            seen.setdefault(track, set()).add(int(np.abs(feet - foot).argmin()))
    return seen


def test_who_comes_into_sight_at_one_end_does_not_push_ids_along_the_queue_when_another_is_missed() -> None:
    waiting, appears, whole = ([rider(y) for y in places] for places in (PLACES[:2], PLACES[1:3], PLACES[:3]))
    seen = places_of([waiting] * 12 + [appears] * 3 + [whole] * 12)
    assert sorted(map(tuple, seen.values())) == [(0,), (1,), (2,)]
