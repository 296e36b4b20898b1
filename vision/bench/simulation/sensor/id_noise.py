"""What a tracker makes of a detector's boxes: ids that last, and now and then do not."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.sensor.detector_noise import Boxes
from vision.bench.simulation.sensor.noise_levels import NoiseLevel
from vision.common.object_class import CLASSES
from vision.config.camera import TrackingConfig
from vision.core import Tracks

Ints = NDArray[np.int64]

SWAPS = 0.3
"""Part of the id switches, of vehicles that overlap, in which two exchange theirs; in the others one gets a new id."""
CONFUSED_IOU = 0.3
"""Boxes that overlap so much may be taken for each other."""


class Identities:
    """A virtual tracker that knows whose each box is, and errs at the rate of a level of noise.

    As the real one it confirms a track at its second look, forgets one that is unseen for `lost_after`, and tells the
    class that the whole track speaks for.
    """

    def __init__(
        self, settings: TrackingConfig, level: NoiseLevel, *, vehicles: int, step_s: float, rng: np.random.Generator
    ) -> None:
        self._settings, self._rng = settings, rng
        self._switch_chance = level.id_switches_per_minute * step_s / 60
        self._lost_after_s = settings.lost_after.total_seconds()
        self._vehicles = vehicles
        self._id = np.zeros(vehicles, np.int64)
        self._age = np.zeros(vehicles, np.int64)
        self._seen_s = np.full(vehicles, -np.inf)
        self._votes = np.zeros((vehicles, len(CLASSES)))
        self._last_id = 0
        self._unconfirmed: dict[int, list[tuple[float, int, Boxes]]] = {}

    def update(self, boxes: Boxes, at_s: float) -> tuple[list[tuple[float, Tracks]], Tracks]:
        """Where tracks that are confirmed just now had been before, oldest first; and the confirmed ones of now."""
        slots = self._slots(boxes.vehicle)
        new = (at_s - self._seen_s[slots] > self._lost_after_s) | (self._id[slots] == 0)
        self._begin(slots[new])
        self._switch(slots, boxes)
        self._seen_s[slots] = at_s
        self._age[slots] += 1
        self._votes[slots, boxes.class_id] += boxes.confidence
        for row in np.flatnonzero(self._age[slots] < self._settings.confirm_after).tolist():
            self._unconfirmed.setdefault(int(self._id[slots[row]]), []).append((at_s, row, boxes))
        earlier = self._confirmed_now(slots)
        self._forget(at_s)
        return earlier, self._tracks(boxes, slots, np.flatnonzero(self._age[slots] >= self._settings.confirm_after))

    def _confirmed_now(self, slots: Ints) -> list[tuple[float, Tracks]]:
        """What was seen, and not told, of the tracks that are confirmed just now."""
        seen: dict[float, list[tuple[int, int, Boxes]]] = {}
        for slot in slots[self._age[slots] == self._settings.confirm_after].tolist():
            for at_s, row, boxes in self._unconfirmed.pop(int(self._id[slot]), []):
                seen.setdefault(at_s, []).append((slot, row, boxes))
        return [
            (at_s, _joined([self._tracks(boxes, np.array([slot]), np.array([0]), row) for slot, row, boxes in known]))
            for at_s, known in sorted(seen.items())
        ]

    def _tracks(self, boxes: Boxes, slots: Ints, told: Ints, row: int | None = None) -> Tracks:
        """Of these slots those told; their boxes are in the same rows, or one's in a row of its own."""
        rows = told if row is None else np.array([row])
        return Tracks(
            xyxy=boxes.xyxy[rows].astype(np.float32),
            confidence=boxes.confidence[rows].astype(np.float32),
            class_id=self._votes[slots[told]].argmax(axis=1),
            track_id=self._id[slots[told]],
            age=self._age[slots[told]],
        )

    def _forget(self, now_s: float) -> None:
        """Tracks that ended before they were confirmed are never told."""
        self._unconfirmed = {
            track: seen for track, seen in self._unconfirmed.items() if now_s - seen[-1][0] <= self._lost_after_s
        }

    def _slots(self, vehicle: Ints) -> Ints:
        """Where each is remembered; false positives after the vehicles."""
        slots = np.where(vehicle >= 0, vehicle, self._vehicles - 1 - vehicle)
        lacking = int(slots.max(initial=0)) + 1 - len(self._id)
        if lacking > 0:
            self._id = np.concatenate([self._id, np.zeros(lacking, np.int64)])
            self._age = np.concatenate([self._age, np.zeros(lacking, np.int64)])
            self._seen_s = np.concatenate([self._seen_s, np.full(lacking, -np.inf)])
            self._votes = np.concatenate([self._votes, np.zeros((lacking, len(CLASSES)))])
        return slots

    def _begin(self, slots: Ints) -> None:
        self._id[slots] = self._last_id + 1 + np.arange(len(slots))
        self._last_id += len(slots)
        self._age[slots] = 0
        self._votes[slots] = 0

    def _switch(self, slots: Ints, boxes: Boxes) -> None:
        for row in np.flatnonzero(self._rng.random(len(slots)) < self._switch_chance).tolist():
            neighbour = self._neighbour(row, boxes)
            if neighbour is not None and self._rng.random() < SWAPS:
                pair, swapped = slots[[row, neighbour]], slots[[neighbour, row]]
                self._id[pair] = self._id[swapped]
                self._votes[pair] = self._votes[swapped]
            else:
                self._begin(slots[row : row + 1])

    @staticmethod
    def _neighbour(row: int, boxes: Boxes) -> int | None:
        """The box that this one overlaps most, if that is enough for a tracker to take one for the other."""
        low = np.maximum(boxes.xyxy[:, :2], boxes.xyxy[row, :2])
        high = np.minimum(boxes.xyxy[:, 2:], boxes.xyxy[row, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        area = np.prod(boxes.xyxy[:, 2:] - boxes.xyxy[:, :2], axis=1)
        iou = shared / np.maximum(area + area[row] - shared, 1e-9)
        iou[row] = 0
        return int(iou.argmax()) if iou.max() > CONFUSED_IOU else None


def _joined(parts: list[Tracks]) -> Tracks:
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Tracks)}
    return Tracks(**columns)
