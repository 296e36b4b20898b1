"""A virtual tracker: knows which vehicle each box belongs to, and switches IDs at a given rate."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.sensor.detector_noise import DetectedBoxes
from vision.bench.simulation.sensor.noise_levels import NoiseLevel
from vision.common.object_class import CLASSES
from vision.config.camera import TrackingConfig
from vision.core import Tracks

Ints = NDArray[np.int64]

SWAP_SHARE = 0.3
"""Share of the ID switches of overlapping vehicles in which the two swap IDs; in the others one gets a new ID."""
SWAP_IOU = 0.3
"""Boxes with at least this IoU can swap IDs."""


class VirtualTracker:
    """Tracks boxes by their true vehicles, with ID switches at the rate of a noise level.

    As ngatu's tracker it confirms a track after `confirm_after` observations, drops it after `lost_after` without one,
    and gives the class with the highest summed confidence. The same `rng` gives the same tracks.
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
        self._class_votes = np.zeros((vehicles, len(CLASSES)))
        self._last_id = 0
        self._unconfirmed: dict[int, list[tuple[float, int, DetectedBoxes]]] = {}

    def update(self, boxes: DetectedBoxes, at_s: float) -> tuple[list[tuple[float, Tracks]], Tracks]:
        """Return earlier positions of the tracks that this frame confirms, oldest first, and the confirmed tracks."""
        slots = self._slots(boxes.vehicle)
        new = (at_s - self._seen_s[slots] > self._lost_after_s) | (self._id[slots] == 0)
        self._start(slots[new])
        self._switch(slots, boxes)
        self._seen_s[slots] = at_s
        self._age[slots] += 1
        self._class_votes[slots, boxes.class_id] += boxes.confidence
        for row in np.flatnonzero(self._age[slots] < self._settings.confirm_after).tolist():
            self._unconfirmed.setdefault(int(self._id[slots[row]]), []).append((at_s, row, boxes))
        earlier = self._newly_confirmed(slots)
        self._drop_lost(at_s)
        return earlier, self._tracks(boxes, slots, np.flatnonzero(self._age[slots] >= self._settings.confirm_after))

    def _newly_confirmed(self, slots: Ints) -> list[tuple[float, Tracks]]:
        """The unpublished observations of the tracks that this frame confirms, by time."""
        seen: dict[float, list[tuple[int, int, DetectedBoxes]]] = {}
        for slot in slots[self._age[slots] == self._settings.confirm_after].tolist():
            for at_s, row, boxes in self._unconfirmed.pop(int(self._id[slot]), []):
                seen.setdefault(at_s, []).append((slot, row, boxes))
        return [
            (
                at_s,
                _concatenated([self._tracks(boxes, np.array([slot]), np.array([0]), row) for slot, row, boxes in rows]),
            )
            for at_s, rows in sorted(seen.items())
        ]

    def _tracks(self, boxes: DetectedBoxes, slots: Ints, chosen: Ints, row: int | None = None) -> Tracks:
        """The `chosen` slots as tracks. Their boxes have the same row numbers, or the single given `row`."""
        rows = chosen if row is None else np.array([row])
        return Tracks(
            xyxy=boxes.xyxy[rows].astype(np.float32),
            confidence=boxes.confidence[rows].astype(np.float32),
            class_id=self._class_votes[slots[chosen]].argmax(axis=1),
            track_id=self._id[slots[chosen]],
            age=self._age[slots[chosen]],
        )

    def _drop_lost(self, now_s: float) -> None:
        """Tracks that are lost before they are confirmed are never published."""
        self._unconfirmed = {
            track: seen for track, seen in self._unconfirmed.items() if now_s - seen[-1][0] <= self._lost_after_s
        }

    def _slots(self, vehicle: Ints) -> Ints:
        """The row of each vehicle's state; false positives come after the vehicles."""
        slots = np.where(vehicle >= 0, vehicle, self._vehicles - 1 - vehicle)
        lacking = int(slots.max(initial=0)) + 1 - len(self._id)
        if lacking > 0:
            self._id = np.concatenate([self._id, np.zeros(lacking, np.int64)])
            self._age = np.concatenate([self._age, np.zeros(lacking, np.int64)])
            self._seen_s = np.concatenate([self._seen_s, np.full(lacking, -np.inf)])
            self._class_votes = np.concatenate([self._class_votes, np.zeros((lacking, len(CLASSES)))])
        return slots

    def _start(self, slots: Ints) -> None:
        self._id[slots] = self._last_id + 1 + np.arange(len(slots))
        self._last_id += len(slots)
        self._age[slots] = 0
        self._class_votes[slots] = 0

    def _switch(self, slots: Ints, boxes: DetectedBoxes) -> None:
        for row in np.flatnonzero(self._rng.random(len(slots)) < self._switch_chance).tolist():
            neighbour = self._neighbour(row, boxes)
            if neighbour is not None and self._rng.random() < SWAP_SHARE:
                pair, swapped = slots[[row, neighbour]], slots[[neighbour, row]]
                self._id[pair] = self._id[swapped]
                self._class_votes[pair] = self._class_votes[swapped]
            else:
                self._start(slots[row : row + 1])

    @staticmethod
    def _neighbour(row: int, boxes: DetectedBoxes) -> int | None:
        """The box with the highest IoU, if a tracker could confuse the two."""
        low = np.maximum(boxes.xyxy[:, :2], boxes.xyxy[row, :2])
        high = np.minimum(boxes.xyxy[:, 2:], boxes.xyxy[row, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        area = np.prod(boxes.xyxy[:, 2:] - boxes.xyxy[:, :2], axis=1)
        iou = shared / np.maximum(area + area[row] - shared, 1e-9)
        iou[row] = 0
        return int(iou.argmax()) if iou.max() > SWAP_IOU else None


def _concatenated(parts: list[Tracks]) -> Tracks:
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Tracks)}
    return Tracks(**columns)
