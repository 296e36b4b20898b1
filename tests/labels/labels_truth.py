"""A person's corrections, made by a script where the truth is known: MOT tracks of a clip that a camera shows.

Run as `python tests/labels/labels_truth.py LABELS.xml IMAGES CLIP=TRACKS.txt...`: LABELS.xml, exported as CVAT with its
pictures, is corrected in its place. A picture is found in a clip by its pixels, for a camera that shows the clip over
and over does not tell which frame it was. Vehicles become those of the tracks; whom the tracks do not tell of, people
and cyclists, stay as they were proposed.
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
"""The tracks' numbers: car, van, truck, bus, motorbike; others are left out."""
UNTOLD = [ObjectClass.PERSON.class_id, ObjectClass.BICYCLE.class_id]
MOST_OFF = 8.0
"""Mean difference in levels between a picture and its frame: the camera and the JPEG have both encoded it anew."""


def read_tracks(file: Path) -> dict[int, Boxes]:
    """The visible vehicles by frame, from 0."""
    rows = defaultdict(list)
    for line in file.read_text().splitlines():
        frame, _, left, top, width, height, _, kind, visible, *_ = map(float, line.split(","))
        if visible and int(kind) in KINDS:
            rows[int(frame) - 1].append((KINDS[int(kind)].class_id, (left, top, left + width, top + height)))
    return {frame: Boxes.of(own) for frame, own in rows.items()}


class Clip:
    """A clip's frames and what is truly on them."""

    def __init__(self, clip: Path, tracks: Path) -> None:
        self.frames = np.stack([frame.image for frame in VideoFile(clip).frames()])
        self.tracks = read_tracks(tracks)

    def find(self, image: np.ndarray) -> tuple[float, int]:
        """By how many levels the nearest frame differs, and which it is."""
        if image.shape != self.frames.shape[1:]:
            return np.inf, 0
        small = self.frames[:, ::4, ::4].astype(np.int16)
        off = np.abs(small - image[::4, ::4].astype(np.int16)).mean(axis=(1, 2, 3))
        return float(off.min()), int(off.argmin())


def corrected(picture: LabelledPicture, image: np.ndarray, clips: list[Clip]) -> LabelledPicture:
    (off, frame), clip = min(((clip.find(image), clip) for clip in clips), key=lambda found: found[0])
    assert off < MOST_OFF, f"{picture.name} is on none of the clips: {off:.1f} levels off"
    true = clip.tracks.get(frame, Boxes.empty())
    proposed = picture.boxes or Boxes.empty()
    kept = proposed[np.isin(proposed.class_id, UNTOLD)]
    both = Boxes(np.concatenate([true.xyxy, kept.xyxy]), np.concatenate([true.class_id, kept.class_id]))
    return replace(picture, boxes=both.cut(picture.width_px, picture.height_px))


def correct(labels: Path, images: Path, clips: list[Clip]) -> int:
    """Correct an exported file in its place; returns how many pictures are in it."""
    cvat = FORMATS["cvat"]
    pictures = cvat.read(labels, {})
    cvat.write([corrected(p, cv2.imread(str(images / p.name)), clips) for p in pictures], labels)
    return len(pictures)


if __name__ == "__main__":
    pairs = [word.partition("=") for word in sys.argv[3:]]
    found = correct(Path(sys.argv[1]), Path(sys.argv[2]), [Clip(Path(clip), Path(tracks)) for clip, _, tracks in pairs])
    sys.stdout.write(f"{found} pictures corrected\n")
