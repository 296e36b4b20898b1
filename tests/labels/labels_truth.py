"""Corrects exported labels by ground truth, as a person would: MOT tracks of the clip that a simulated camera plays.

Run as `python tests/labels/labels_truth.py LABELS.xml IMAGES CLIP=TRACKS.txt...`; it corrects LABELS.xml, exported as
CVAT with its pictures, in place. A picture is matched to a frame of a clip by its pixels, because a camera that loops
the clip does not give the frame number. Vehicles are replaced by those of the tracks; persons and bicycles, which the
tracks do not contain, stay as proposed.
"""

import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vision.common.object_class import ObjectClass
from vision.labels.data_set.picture import Boxes, LabelledPicture
from vision.labels.formats import FORMATS
from vision.sources import VideoFile

KINDS = {1: ObjectClass.CAR, 2: ObjectClass.TRUCK, 3: ObjectClass.TRUCK, 4: ObjectClass.BUS, 5: ObjectClass.MOTORCYCLE}
"""By class number of the tracks: car, van, truck, bus, motorbike; others are ignored."""
NOT_IN_TRACKS = [ObjectClass.PERSON.class_id, ObjectClass.BICYCLE.class_id]
MAX_DIFFERENCE = 8.0
"""Maximum mean difference in levels between a picture and its frame, which were encoded twice since."""


def read_tracks(file: Path) -> dict[int, Boxes]:
    """Visible vehicles by frame, from 0."""
    rows = defaultdict(list)
    for line in file.read_text().splitlines():
        frame, _, left, top, width, height, _, kind, visible, *_ = map(float, line.split(","))
        if visible and int(kind) in KINDS:
            rows[int(frame) - 1].append((KINDS[int(kind)].class_id, (left, top, left + width, top + height)))
    return {frame: Boxes.of(own) for frame, own in rows.items()}


class Clip:
    """The frames of a clip and their true boxes."""

    def __init__(self, clip: Path, tracks: Path) -> None:
        self.frames = np.stack([frame.image for frame in VideoFile(clip).frames()])
        self.tracks = read_tracks(tracks)

    def find(self, image: np.ndarray) -> tuple[float, int]:
        """The difference in levels of the most similar frame, and its number."""
        if image.shape != self.frames.shape[1:]:
            return np.inf, 0
        small = self.frames[:, ::4, ::4].astype(np.int16)
        difference = np.abs(small - image[::4, ::4].astype(np.int16)).mean(axis=(1, 2, 3))
        return float(difference.min()), int(difference.argmin())


def corrected(picture: LabelledPicture, image: np.ndarray, clips: list[Clip]) -> LabelledPicture:
    (difference, frame), clip = min(((clip.find(image), clip) for clip in clips), key=lambda found: found[0])
    assert difference < MAX_DIFFERENCE, f"{picture.name} is in none of the clips: differs by {difference:.1f} levels"
    true = clip.tracks.get(frame, Boxes.empty())
    proposed = picture.boxes or Boxes.empty()
    kept = proposed[np.isin(proposed.class_id, NOT_IN_TRACKS)]
    both = Boxes(np.concatenate([true.xyxy, kept.xyxy]), np.concatenate([true.class_id, kept.class_id]))
    return replace(picture, boxes=both.clip(picture.width_px, picture.height_px))


def correct(labels: Path, images: Path, clips: list[Clip]) -> int:
    """Correct an exported file in place; returns the number of its pictures."""
    cvat = FORMATS["cvat"]
    pictures = cvat.read(labels, {})
    cvat.write([corrected(p, cv2.imread(str(images / p.name)), clips) for p in pictures], labels)
    return len(pictures)


if __name__ == "__main__":
    pairs = [argument.partition("=") for argument in sys.argv[3:]]
    found = correct(Path(sys.argv[1]), Path(sys.argv[2]), [Clip(Path(clip), Path(tracks)) for clip, _, tracks in pairs])
    sys.stdout.write(f"{found} pictures corrected\n")
