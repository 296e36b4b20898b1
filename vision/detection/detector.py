"""The detector: finds road users in pictures with a model of any family."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, VEHICLES, ObjectClass
from vision.core import Detections
from vision.detection.calibration import Calibration, from_common_scale, to_common_scale
from vision.detection.class_map import columns
from vision.detection.decoders import Candidates, Family, Wanted
from vision.detection.decoders.detr import SIZES_INPUT
from vision.detection.input_spec import InputSpec
from vision.detection.letterbox import Fit, Image, plan_fit, write_tensor
from vision.detection.riders import merge_riders
from vision.detection.session import Array, Session
from vision.detection.suppression import suppress

MIN_SCORES: Mapping[ObjectClass, float] = MappingProxyType(dict.fromkeys(CLASSES, 0.1))
"""Minimum score of each class: low, since two-wheelers score 0.2 to 0.6 and trackers continue tracks with weak
boxes."""
SAME_CLASS_IOU = 0.5
"""Boxes of one class that overlap by more are one road user."""
VEHICLE_IOU = 0.7
"""Boxes of two classes of vehicles that overlap by more are one vehicle."""
MAX_BATCH = 16
"""Maximum number of pictures in one inference."""
_IS_VEHICLE = np.array([c in VEHICLES for c in CLASSES])


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Description of a loaded model, for people and for records."""

    name: str
    family: str
    file: Path
    licence: str
    input: InputSpec
    width: int | None
    """Pixels that the model prescribes; None where it adapts to the picture."""
    height: int | None
    batches: bool
    """Whether several pictures may go through at once."""
    names: tuple[str, ...]
    classes: Mapping[str, ObjectClass]
    calibration: Calibration
    providers: tuple[str, ...]
    """ONNX Runtime's names of the providers in use, the preferred one first."""
    threads: int


class Detector:
    """One model, shared by all cameras of a process. It keeps no state between calls, so threads may share it."""

    def __init__(
        self,
        model: ModelInfo,
        session: Session,
        family: Family,
        *,
        thresholds: Mapping[ObjectClass, float] = MIN_SCORES,
    ) -> None:
        self.model = model
        self._session = session
        self._family = family
        numbers, self._class_ids = columns(model.names, model.classes)
        min_scores = np.array([thresholds[CLASSES[i]] for i in self._class_ids], np.float32)
        self._wanted = Wanted(numbers, from_common_scale(min_scores, model.calibration))

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The road users in each picture (height, width, 3; BGR, uint8), in its pixels, in the given order.

        Pictures of one input shape form a batch if the model's batch axis is open.
        """
        fits = [self._fit(image) for image in images]
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, fit in enumerate(fits):
            groups[fit.canvas].append(i)
        found = [Detections.empty()] * len(images)
        step = MAX_BATCH if self.model.batches else 1
        for group in groups.values():
            for start in range(0, len(group), step):
                batch = group[start : start + step]
                outputs = self.infer(self.prepare([images[i] for i in batch], [fits[i] for i in batch]))
                for place, i in enumerate(batch):
                    found[i] = self.read([o[place] for o in outputs], fits[i])
        return found

    def prepare(self, images: Sequence[Image], fits: Sequence[Fit]) -> NDArray[np.float32]:
        """The model's input (N, 3, height, width) for pictures of one fitted shape."""
        width, height = fits[0].canvas
        batch = np.empty((len(images), 3, height, width), np.float32)
        for image, fit, out in zip(images, fits, batch, strict=True):
            write_tensor(image, fit, self.model.input, out)
        return batch

    def infer(self, batch: NDArray[np.float32]) -> list[Array]:
        """The model's raw outputs for a prepared batch."""
        return self._session.run(feed_of(self._session, batch))

    def read(self, outputs: Sequence[Array], fit: Fit) -> Detections:
        """The road users in one picture, from its raw outputs."""
        candidates = self._family.decode(outputs, self._wanted, *fit.canvas)
        return merge_riders(self._suppressed(candidates, fit))

    def _suppressed(self, candidates: Candidates, fit: Fit) -> Detections:
        found = Detections(
            xyxy=fit.to_picture(candidates.xyxy),
            confidence=to_common_scale(candidates.confidence, self.model.calibration),
            class_id=self._class_ids[candidates.column],
        )
        sides = found.xyxy[:, 2:] - found.xyxy[:, :2]
        found = found[np.flatnonzero(np.isfinite(found.xyxy).all(axis=1) & (sides > 1).all(axis=1))]
        return found[
            suppress(
                found.xyxy,
                found.confidence,
                found.class_id,
                same_class_iou=SAME_CLASS_IOU,
                vehicle_iou=VEHICLE_IOU,
                vehicles=_IS_VEHICLE,
            )
        ]

    def _fit(self, image: Image) -> Fit:
        height, width = image.shape[:2]
        return plan_fit((width, height), self.model.input, (self.model.width, self.model.height))


def feed_of(session: Session, batch: NDArray[np.float32]) -> dict[str, Array]:
    """The batch under the name of the model's picture input, and its size where the model has an input for it."""
    feed: dict[str, Array] = {}
    for wanted in session.inputs:
        if wanted.name == SIZES_INPUT:
            height, width = batch.shape[2:]
            feed[wanted.name] = np.tile(np.array([[width, height]], np.int64), (len(batch), 1))
        else:
            feed[wanted.name] = batch.astype(np.float16) if wanted.type == "tensor(float16)" else batch
    return feed
