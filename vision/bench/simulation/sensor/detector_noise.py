"""What a detector makes of what the camera sees: boxes that tremble, are missed, are merged, or are nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.sensor.camera import Camera, clipped, hidden_part, shown_part
from vision.bench.simulation.sensor.noise_levels import NoiseLevel
from vision.common.object_class import CLASSES, ObjectClass

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
C = ObjectClass

MOST_HIDDEN = 0.7
LEAST_SHOWN = 0.35
SMALLEST_PX = 8.0
"""What is hidden more, cut off more or lower than this is never detected."""
SMALL_PX = 20.0
SMALL_IS_WORSE = 3.0
"""What is lower than this is missed so many times as often."""
MEASURED_FPS = 12.0
FLIP_S = 0.5
MERGE_S = 0.8
PHANTOM_S = 0.5
ROUGH_S = 2.0
"""How long a wrong class, a merger, a false positive and a stretch of trembling last on average."""
ROUGHER = np.array([3.5, 4.0, 4.6, 7.5])
"""How many times more a box trembles then: centre across, width, upper and lower edge. Together: the measured root
mean square."""
MOST_JITTER = 0.45
"""No edge errs by more: a box keeps its sides apart."""
OVERLAP = 0.35
"""Of the smaller of two boxes: so much and more may be taken for one."""
TAKEN_FOR: dict[ObjectClass, ObjectClass] = {
    C.BICYCLE: C.MOTORCYCLE,
    C.MOTORCYCLE: C.BICYCLE,
    C.CAR: C.TRUCK,
    C.BUS: C.TRUCK,
    C.TRUCK: C.BUS,
    C.PERSON: C.MOTORCYCLE,
}
_OTHER = np.array([TAKEN_FOR[c].class_id for c in CLASSES])
_TWO_WHEELS = np.array([c in {C.BICYCLE, C.MOTORCYCLE} for c in CLASSES])
PHANTOM_CLASSES = np.array([C.MOTORCYCLE.class_id, C.CAR.class_id, C.PERSON.class_id])


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """N boxes of one look."""

    xyxy: Floats
    confidence: Floats
    class_id: Ints
    vehicle: Ints
    """Whose they are; below 0: nobody's."""


class Detector:
    """A virtual detector before a virtual camera. It remembers each vehicle's trembling and moods."""

    def __init__(
        self,
        camera: Camera,
        level: NoiseLevel,
        *,
        vehicles: int,
        step_s: float,
        ground_m: tuple[float, ...],
        rng: np.random.Generator,
    ) -> None:
        """`vehicles`: how many there are; `ground_m`: least x, y and greatest x, y of where false positives lie."""
        self._camera, self._level, self._rng, self._step_s = camera, level, rng, step_s
        self._ground_m = np.array(ground_m)
        self._correlation = level.jitter_correlation ** (step_s * MEASURED_FPS) if level.jitter_correlation else 0.0
        self._jitter = rng.normal(size=(vehicles, 4))
        self._missed = rng.random(vehicles) < level.miss_rate
        self._flipped = rng.random(vehicles) < level.class_flip_rate
        self._rough = rng.random(vehicles) < level.rough_part
        self._spread = np.array([level.centre_jitter, level.width_jitter, level.top_jitter, level.foot_jitter])
        self._merged_until_s = np.full(vehicles, -np.inf)
        self._phantoms: list[tuple[int, float, Floats, int]] = []
        self._last_phantom = 0
        self._is_dropping = False

    def look(self, xyxy: Floats, depth_m: Floats, class_id: Ints, vehicle: Ints, at_s: float) -> Boxes | None:
        """What is detected of N road users whose exact boxes are given; None: the frame was dropped."""
        self._is_dropping = bool(self._moods(np.array([self._is_dropping]), self._level.drop_rate, 2 * self._step_s)[0])
        hidden = hidden_part(xyxy, depth_m)
        seen = _is_large_enough(xyxy) & (hidden < MOST_HIDDEN) & ~self._is_missed(vehicle, xyxy[:, 3] - xyxy[:, 1])
        told = self._trembling(xyxy, vehicle)
        told, seen = self._merged(told, seen, class_id, vehicle, at_s)
        flipped = self._mood_of("_flipped", vehicle, self._level.class_flip_rate, FLIP_S)
        classes = np.where(flipped, _OTHER[class_id], class_id)
        if self._is_dropping:
            return None
        confidence = np.clip(0.75 - 0.4 * hidden + 0.1 * self._rng.normal(size=len(xyxy)), 0.3, 0.98)
        boxes = Boxes(clipped(told[seen]), confidence[seen], classes[seen], vehicle[seen])
        return self._with_phantoms(boxes, at_s)

    def _moods(self, on: Bools, rate: float | Floats, lasts_s: float) -> Bools:
        """On or off, the next look after `on`: on in a part `rate` of all looks, for `lasts_s` on average."""
        ends = min(self._step_s / lasts_s, 1.0)
        begins = np.minimum(ends * rate / np.maximum(1 - np.asarray(rate), 1e-6), 1.0)
        chance = self._rng.random(len(on))
        return np.where(on, chance >= ends, chance < begins)

    def _mood_of(self, name: str, vehicle: Ints, rate: float | Floats, lasts_s: float) -> Bools:
        moods: Bools = getattr(self, name)
        moods[vehicle] = self._moods(moods[vehicle], rate, lasts_s)
        return moods[vehicle]

    def _is_missed(self, vehicle: Ints, height_px: Floats) -> Bools:
        rate = self._level.miss_rate * np.where(height_px < SMALL_PX, SMALL_IS_WORSE, 1.0)
        return self._mood_of("_missed", vehicle, np.minimum(rate, 0.9), max(self._level.miss_burst_s, self._step_s))

    def _trembling(self, xyxy: Floats, vehicle: Ints) -> Floats:
        """The boxes with errors that are parts of their sizes and fade with the correlation from look to look."""
        fresh = self._rng.normal(size=(len(vehicle), 4)) * np.sqrt(1 - self._correlation**2)
        self._jitter[vehicle] = jitter = self._correlation * self._jitter[vehicle] + fresh
        rough = self._mood_of("_rough", vehicle, self._level.rough_part, ROUGH_S)
        error = np.clip(jitter * self._spread * np.where(rough[:, None], ROUGHER, 1.0), -MOST_JITTER, MOST_JITTER)
        width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
        centre = (xyxy[:, 0] + xyxy[:, 2]) / 2 + error[:, 0] * width
        half = width / 2 * np.exp(error[:, 1])
        top, foot = xyxy[:, 1] + error[:, 2] * height, xyxy[:, 3] + error[:, 3] * height
        return np.stack([centre - half, top, centre + half, foot], axis=1)

    def _merged(self, xyxy: Floats, seen: Bools, class_id: Ints, vehicle: Ints, at_s: float) -> tuple[Floats, Bools]:
        """Two-wheelers that overlap are now and then taken for one, whose box holds both."""
        rows = np.flatnonzero(seen & _TWO_WHEELS[class_id])
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

    def _with_phantoms(self, boxes: Boxes, at_s: float) -> Boxes:
        """False positives, anywhere on the ground, each for a few looks."""
        births = self._rng.poisson(self._level.false_positives_per_frame * self._step_s / PHANTOM_S)
        self._phantoms = [p for p in self._phantoms if p[1] > at_s] + [self._phantom(at_s) for _ in range(births)]
        if not self._phantoms:
            return boxes
        xyxy = clipped(np.stack([p[2] for p in self._phantoms]))
        return Boxes(
            np.concatenate([boxes.xyxy, xyxy]),
            np.concatenate([boxes.confidence, self._rng.uniform(0.26, 0.5, len(xyxy))]),
            np.concatenate([boxes.class_id, np.array([p[3] for p in self._phantoms])]),
            np.concatenate([boxes.vehicle, np.array([p[0] for p in self._phantoms])]),
        )

    def _phantom(self, at_s: float) -> tuple[int, float, Floats, int]:
        """Number, end, box, class. Outside the picture it is nobody's trouble: its box is then empty."""
        self._last_phantom -= 1
        place_m = self._rng.uniform(self._ground_m[:2], self._ground_m[2:])[None]
        class_id = self._rng.choice(PHANTOM_CLASSES)
        box, depth_m = self._camera.boxes(place_m, np.array([[1.0, 0.0]]), np.array([class_id]))
        lasts_s = self._rng.exponential(PHANTOM_S)
        return self._last_phantom, at_s + lasts_s, box[0] if depth_m[0] > 0 else np.zeros(4), int(class_id)


def can_be_seen(xyxy: Floats, depth_m: Floats) -> Bools:
    """(N,): whose exact boxes a detector may find."""
    return _is_large_enough(xyxy) & (hidden_part(xyxy, depth_m) < MOST_HIDDEN)


def _is_large_enough(xyxy: Floats) -> Bools:
    large: Bools = (shown_part(xyxy) > LEAST_SHOWN) & (xyxy[:, 3] - xyxy[:, 1] > SMALLEST_PX)
    return large


def _overlapping(xyxy: Floats) -> list[tuple[int, int]]:
    """Pairs of boxes of which one covers a good part of the other."""
    low = np.maximum(xyxy[:, None, :2], xyxy[None, :, :2])
    high = np.minimum(xyxy[:, None, 2:], xyxy[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    area = np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1)
    pairs = np.argwhere(np.triu(shared > OVERLAP * np.minimum(area[:, None], area[None, :]), k=1))
    return [(int(i), int(j)) for i, j in pairs]
