"""Tests a model on a bundled picture with known road users."""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from ruamel.yaml import YAML

from vision.common.object_class import CLASSES, ObjectClass
from vision.common.paths import data_dir
from vision.config.base import Config, Fraction
from vision.core import Detections, ModelError
from vision.detection.detector import Detector
from vision.geometry import iou

MIN_CONFIDENCE = 0.25
"""Weaker detections are ignored; the tracker starts tracks from this confidence on."""
MATCH_IOU = 0.5
"""A detection matches a known road user of its class from this IoU on."""
COLOURS: dict[ObjectClass, tuple[int, int, int]] = {
    ObjectClass.BICYCLE: (200, 200, 0),
    ObjectClass.MOTORCYCLE: (80, 220, 60),
    ObjectClass.CAR: (255, 140, 40),
    ObjectClass.BUS: (230, 60, 230),
    ObjectClass.TRUCK: (40, 160, 255),
    ObjectClass.PERSON: (60, 60, 255),
}
"""BGR."""


class KnownPicture(Config):
    """The bundled picture's card."""

    picture: str = Field(title="File", description="Beside the card.")
    title: str = Field(title="Title", description="What it shows.")
    author: str = Field(title="Author", description="Who made it.")
    licence: str = Field(title="Licence", description="Of the picture.")
    changes: str = Field(title="Changes", description="What was done to the original.")
    expected: tuple[tuple[ObjectClass, Fraction, Fraction, Fraction, Fraction], ...] = Field(
        title="Expected", description="Class, then left, top, right, bottom as fractions of the picture."
    )


@dataclass(frozen=True, slots=True, eq=False)
class SelfTestResult:
    """What a model detected in the known picture."""

    picture: KnownPicture
    image: NDArray[np.uint8]
    detections: Detections
    """Those from `MIN_CONFIDENCE` on."""
    expected: dict[ObjectClass, int]
    """By class that the model knows: number of clearly visible road users."""
    found: dict[ObjectClass, int]
    """By class: how many of them were detected, in the right place and class."""
    inference_ms: float
    """From picture to detections, the best of three runs."""

    @property
    def passed(self) -> bool:
        """Whether at least a third was detected. A wrong decoder or channel order detects next to nothing."""
        return sum(self.found.values()) * 3 >= sum(self.expected.values()) > 0


def run_self_test(detector: Detector) -> SelfTestResult:
    """Run the detector on the bundled picture and compare its detections with the known road users."""
    picture, image = known_picture()
    duration_s, detections = min((_timed(detector, image) for _ in range(3)), key=lambda run: run[0])
    confident = detections[detections.confidence >= MIN_CONFIDENCE]
    known = {CLASSES.index(c): c for c in detector.model.classes.values()}
    expected, found = {}, {}
    for number, kind in sorted(known.items()):
        boxes = _expected_px(picture, kind, image)
        expected[kind] = len(boxes)
        hits = iou(boxes, confident[confident.class_id == number].xyxy) >= MATCH_IOU
        found[kind] = int(hits.any(axis=1).sum())
    return SelfTestResult(picture, image, confident, expected, found, duration_s * 1000)


def known_picture() -> tuple[KnownPicture, NDArray[np.uint8]]:
    """The bundled picture with its card."""
    card = data_dir("models") / "check" / "street.yaml"
    picture = KnownPicture.model_validate(YAML(typ="safe").load(card.read_text(encoding="utf-8")))
    return picture, _read(card.parent / picture.picture)


def draw(image: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
    """A copy of the picture with boxes, classes and scores drawn on it."""
    out = image.copy()
    for box, confidence, number in zip(
        detections.xyxy.round().astype(int), detections.confidence, detections.class_id, strict=True
    ):
        kind = CLASSES[number]
        left, top, right, bottom = (int(v) for v in box)
        cv2.rectangle(out, (left, top), (right, bottom), COLOURS[kind], 2)
        label = f"{kind} {confidence:.2f}"
        cv2.putText(out, label, (left, max(12, top - 4)), cv2.FONT_HERSHEY_SIMPLEX, 0.42, COLOURS[kind], 1, cv2.LINE_AA)
    return out


def save(image: NDArray[np.uint8], file: Path) -> None:
    """Write a picture; its format follows the file's suffix."""
    try:
        written = cv2.imwrite(str(file), image)
    except cv2.error:
        written = False
    if not written:
        raise ModelError(f"picture {file}: could not be written; is it a .jpg or .png in a folder that exists?")


def _read(file: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise ModelError(f"picture {file}: absent or broken, though it comes with ngatu; reinstall ngatu")
    return np.asarray(image, np.uint8)


def _expected_px(picture: KnownPicture, kind: ObjectClass, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    boxes = [box[1:] for box in picture.expected if box[0] is kind]
    return np.asarray(boxes, np.float32).reshape(-1, 4) * np.array([width, height, width, height], np.float32)


def _timed(detector: Detector, image: NDArray[np.uint8]) -> tuple[float, Detections]:
    start = time.perf_counter()
    (detections,) = detector.detect([image])
    return time.perf_counter() - start, detections
