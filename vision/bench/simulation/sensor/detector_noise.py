"""A virtual detector: adds jitter, misses, merges, class errors, false positives and dropped frames to true boxes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.sensor.camera import PinholeCamera, clipped, occluded_share, visible_share
from vision.bench.simulation.sensor.noise_levels import NoiseLevel
from vision.common.object_class import CLASSES, ObjectClass

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
C = ObjectClass

MAX_OCCLUDED = 0.7
MIN_VISIBLE = 0.35
MIN_HEIGHT_PX = 8.0
"""A box that is more occluded, less inside the image or lower than this is never detected."""
SMALL_PX = 20.0
SMALL_MISS_FACTOR = 3.0
"""Boxes lower than `SMALL_PX` are missed this many times as often."""
MEASURED_FPS = 12.0
FLIP_S = 0.5
MERGE_S = 0.8
FALSE_POSITIVE_S = 0.5
HIGH_JITTER_S = 2.0
"""Mean durations of a wrong class, a merge, a false positive and a period of high jitter."""
HIGH_JITTER_FACTORS = np.array([3.5, 4.0, 4.6, 7.5])
"""Factors on the jitter of horizontal centre, width, top and bottom edge during such a period; the total has the
measured root mean square."""
MAX_JITTER = 0.45
"""No edge errs by more than this fraction of the box's size: its sides stay apart."""
MERGE_OVERLAP = 0.35
"""Two-wheelers whose intersection is at least this fraction of the smaller box may be detected as one."""
CONFUSED_WITH: dict[ObjectClass, ObjectClass] = {
    C.BICYCLE: C.MOTORCYCLE,
    C.MOTORCYCLE: C.BICYCLE,
    C.CAR: C.TRUCK,
    C.BUS: C.TRUCK,
    C.TRUCK: C.BUS,
    C.PERSON: C.MOTORCYCLE,
}
_WRONG_CLASS = np.array([CONFUSED_WITH[c].class_id for c in CLASSES])
_IS_TWO_WHEELER = np.array([c in {C.BICYCLE, C.MOTORCYCLE} for c in CLASSES])
FALSE_POSITIVE_CLASSES = np.array([C.MOTORCYCLE.class_id, C.CAR.class_id, C.PERSON.class_id])


@dataclass(frozen=True, slots=True, eq=False)
class DetectedBoxes:
    """N boxes of one frame."""

    xyxy: Floats
    confidence: Floats
    class_id: Ints
    vehicle: Ints
    """(N,): the true vehicle's id; below 0 for a false positive."""


class VirtualDetector:
    """Detects what a virtual camera sees, with the errors of a noise level.

    Keeps the jitter and the current errors of each vehicle, so that errors persist as long as measured. The same `rng`
    gives the same detections.
    """

    def __init__(
        self,
        camera: PinholeCamera,
        level: NoiseLevel,
        *,
        vehicles: int,
        step_s: float,
        ground_m: tuple[float, ...],
        rng: np.random.Generator,
    ) -> None:
        """`vehicles`: their number. `ground_m`: minimum x, y and maximum x, y of the area with false positives."""
        self._camera, self._level, self._rng, self._step_s = camera, level, rng, step_s
        self._ground_m = np.array(ground_m)
        self._correlation = level.jitter_correlation ** (step_s * MEASURED_FPS) if level.jitter_correlation else 0.0
        self._jitter = rng.normal(size=(vehicles, 4))
        self._is_missed = rng.random(vehicles) < level.miss_rate
        self._is_flipped = rng.random(vehicles) < level.class_flip_rate
        self._has_high_jitter = rng.random(vehicles) < level.high_jitter_share
        self._spread = np.array([level.centre_jitter, level.width_jitter, level.top_jitter, level.bottom_jitter])
        self._merged_until_s = np.full(vehicles, -np.inf)
        self._false_positives: list[tuple[int, float, Floats, int]] = []
        self._last_false_positive = 0
        self._is_dropping = False

    def detect(self, xyxy: Floats, depth_m: Floats, class_id: Ints, vehicle: Ints, at_s: float) -> DetectedBoxes | None:
        """Detect N road users by their exact boxes (N, 4); None: the frame was dropped."""
        self._is_dropping = bool(
            self._next_states(np.array([self._is_dropping]), self._level.drop_rate, 2 * self._step_s)[0]
        )
        occluded = occluded_share(xyxy, depth_m)
        seen = _is_large_enough(xyxy) & (occluded < MAX_OCCLUDED) & ~self._misses(vehicle, xyxy[:, 3] - xyxy[:, 1])
        noisy = self._with_jitter(xyxy, vehicle)
        noisy, seen = self._with_merges(noisy, seen, class_id, vehicle, at_s)
        flipped = self._advance(self._is_flipped, vehicle, self._level.class_flip_rate, FLIP_S)
        classes = np.where(flipped, _WRONG_CLASS[class_id], class_id)
        if self._is_dropping:
            return None
        confidence = np.clip(0.75 - 0.4 * occluded + 0.1 * self._rng.normal(size=len(xyxy)), 0.3, 0.98)
        boxes = DetectedBoxes(clipped(noisy[seen]), confidence[seen], classes[seen], vehicle[seen])
        return self._with_false_positives(boxes, at_s)

    def _next_states(self, on: Bools, rate: float | Floats, mean_s: float) -> Bools:
        """One step of two-state Markov chains: on in a share `rate` of all frames, for `mean_s` on average."""
        ends = min(self._step_s / mean_s, 1.0)
        begins = np.minimum(ends * rate / np.maximum(1 - np.asarray(rate), 1e-6), 1.0)
        chance = self._rng.random(len(on))
        return np.where(on, chance >= ends, chance < begins)

    def _advance(self, states: Bools, vehicle: Ints, rate: float | Floats, mean_s: float) -> Bools:
        """Advance the states of some vehicles in place, and return them."""
        states[vehicle] = self._next_states(states[vehicle], rate, mean_s)
        return states[vehicle]

    def _misses(self, vehicle: Ints, height_px: Floats) -> Bools:
        rate = self._level.miss_rate * np.where(height_px < SMALL_PX, SMALL_MISS_FACTOR, 1.0)
        mean_s = max(self._level.miss_duration_s, self._step_s)
        return self._advance(self._is_missed, vehicle, np.minimum(rate, 0.9), mean_s)

    def _with_jitter(self, xyxy: Floats, vehicle: Ints) -> Floats:
        """The boxes with first-order autoregressive errors, as fractions of their sizes."""
        fresh = self._rng.normal(size=(len(vehicle), 4)) * np.sqrt(1 - self._correlation**2)
        self._jitter[vehicle] = jitter = self._correlation * self._jitter[vehicle] + fresh
        high = self._advance(self._has_high_jitter, vehicle, self._level.high_jitter_share, HIGH_JITTER_S)
        factors = np.where(high[:, None], HIGH_JITTER_FACTORS, 1.0)
        error = np.clip(jitter * self._spread * factors, -MAX_JITTER, MAX_JITTER)
        width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
        centre = (xyxy[:, 0] + xyxy[:, 2]) / 2 + error[:, 0] * width
        half = width / 2 * np.exp(error[:, 1])
        top, bottom = xyxy[:, 1] + error[:, 2] * height, xyxy[:, 3] + error[:, 3] * height
        return np.stack([centre - half, top, centre + half, bottom], axis=1)

    def _with_merges(
        self, xyxy: Floats, seen: Bools, class_id: Ints, vehicle: Ints, at_s: float
    ) -> tuple[Floats, Bools]:
        """Detect some pairs of overlapping two-wheelers as one box around both."""
        rows = np.flatnonzero(seen & _IS_TWO_WHEELER[class_id])
        if not self._level.merge_rate or len(rows) < 2:
            return xyxy, seen
        xyxy, seen = xyxy.copy(), seen.copy()
        for i, j in _overlapping(xyxy[rows]):
            one, other = rows[i], rows[j]
            if not (seen[one] and seen[other]):
                continue
            v = vehicle[other]
            if self._merged_until_s[v] < at_s and self._rng.random() < self._level.merge_rate * self._step_s / MERGE_S:
                self._merged_until_s[v] = at_s + self._rng.exponential(MERGE_S)
            if self._merged_until_s[v] >= at_s:
                seen[other] = False
                xyxy[one, :2] = np.minimum(xyxy[one, :2], xyxy[other, :2])
                xyxy[one, 2:] = np.maximum(xyxy[one, 2:], xyxy[other, 2:])
        return xyxy, seen

    def _with_false_positives(self, boxes: DetectedBoxes, at_s: float) -> DetectedBoxes:
        """Add false positives anywhere on the ground, each for a few frames."""
        births = self._rng.poisson(self._level.false_positives_per_frame * self._step_s / FALSE_POSITIVE_S)
        current = [p for p in self._false_positives if p[1] > at_s]
        self._false_positives = current + [self._new_false_positive(at_s) for _ in range(births)]
        if not self._false_positives:
            return boxes
        xyxy = clipped(np.stack([p[2] for p in self._false_positives]))
        return DetectedBoxes(
            np.concatenate([boxes.xyxy, xyxy]),
            np.concatenate([boxes.confidence, self._rng.uniform(0.26, 0.5, len(xyxy))]),
            np.concatenate([boxes.class_id, np.array([p[3] for p in self._false_positives])]),
            np.concatenate([boxes.vehicle, np.array([p[0] for p in self._false_positives])]),
        )

    def _new_false_positive(self, at_s: float) -> tuple[int, float, Floats, int]:
        """Id, end, box, class. Outside the image its box is empty."""
        self._last_false_positive -= 1
        place_m = self._rng.uniform(self._ground_m[:2], self._ground_m[2:])[None]
        class_id = self._rng.choice(FALSE_POSITIVE_CLASSES)
        box, depth_m = self._camera.boxes(place_m, np.array([[1.0, 0.0]]), np.array([class_id]))
        duration_s = self._rng.exponential(FALSE_POSITIVE_S)
        return self._last_false_positive, at_s + duration_s, box[0] if depth_m[0] > 0 else np.zeros(4), int(class_id)


def is_detectable(xyxy: Floats, depth_m: Floats) -> Bools:
    """(N,): which exact boxes (N, 4) a detector can find: large enough, and neither occluded nor truncated too much."""
    return _is_large_enough(xyxy) & (occluded_share(xyxy, depth_m) < MAX_OCCLUDED)


def _is_large_enough(xyxy: Floats) -> Bools:
    large: Bools = (visible_share(xyxy) > MIN_VISIBLE) & (xyxy[:, 3] - xyxy[:, 1] > MIN_HEIGHT_PX)
    return large


def _overlapping(xyxy: Floats) -> list[tuple[int, int]]:
    """Pairs of boxes that overlap by `MERGE_OVERLAP` or more."""
    low = np.maximum(xyxy[:, None, :2], xyxy[None, :, :2])
    high = np.minimum(xyxy[:, None, 2:], xyxy[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    area = np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1)
    pairs = np.argwhere(np.triu(shared > MERGE_OVERLAP * np.minimum(area[:, None], area[None, :]), k=1))
    return [(int(i), int(j)) for i, j in pairs]
