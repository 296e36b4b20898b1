"""From a camera's judged frames to pictures and ledger lines in a data set."""

from dataclasses import dataclass
from pathlib import Path

import cv2

from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.labels.active_learning.sampling import Quota
from vision.labels.active_learning.uncertainty import Doubter, Judged
from vision.labels.anonymization import blur, private_regions
from vision.labels.data_set.data_set import create, open_image
from vision.labels.data_set.near_duplicates import REMEMBERED, Remembered, thumbnail
from vision.labels.data_set.picture import Split
from vision.labels.data_set.provenance import Entry, append, digest_of, read_ledger
from vision.labels.data_set.scenes import picture_name
from vision.labels.errors import LabelError

QUALITY = 95
"""Of the JPEGs: training should not learn our own artefacts."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How much is taken, and what is noted of it."""

    per_hour: int = 60
    """Pictures of one camera in one hour at most."""
    blur: bool = False
    licence: str = ""
    owner: str = ""


class Harvest:
    """One camera's harvest. Frames go in as they are detected; pictures appear in the data set's `new` folder."""

    def __init__(self, camera: CameraConfig, folder: Path, wishes: Wishes, *, model: str) -> None:
        self.kept = 0
        """Pictures written."""
        self.alike = 0
        """Frames that were passed over, for a picture nearly the same is there."""
        self._camera = camera
        self._folder = create(folder)
        self._wishes = wishes
        self._model = model
        self._doubter = Doubter(camera)
        self._quota = Quota(wishes.per_hour)
        self._remembered = _remembered(folder, camera.id)

    def take(self, frame: Frame, detections: Detections) -> None:
        """Take in a frame and what was detected in it."""
        for judged in self._doubter.update(frame, detections):
            self._consider(judged)

    def finish(self) -> None:
        """Judge and write what is left."""
        for judged in self._doubter.finish():
            self._consider(judged)
        self._write(self._quota.finish())

    def _consider(self, judged: Judged) -> None:
        self._write(self._quota.turn(judged))
        if not self._quota.wants(judged):
            return
        if self._remembered.has(thumbnail(judged.frame.image)):
            self.alike += 1
        else:
            self._quota.keep(judged)

    def _write(self, judged: Judged | None) -> None:
        if judged is None:
            return
        frame = judged.frame
        self._remembered.add(thumbnail(frame.image))
        file = self._folder / "images" / Split.NEW / picture_name(frame.camera_id, frame.captured_at)
        image = blur(frame.image, private_regions(judged.detections)) if self._wishes.blur else frame.image
        if not cv2.imwrite(str(file), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
            raise LabelError.single(file, "it could not be written", "make room on its disk, or name another folder")
        append(self._folder, self._entry(judged, file))
        self.kept += 1

    def _entry(self, judged: Judged, file: Path) -> Entry:
        return Entry(
            picture=file.name,
            camera_id=self._camera.id,
            captured_at=judged.frame.captured_at,
            frame_index=judged.frame.index,
            reasons={str(doubt): number for doubt, number in judged.doubts.items()},
            score=round(judged.score, 2),
            model=self._model,
            sha256=digest_of(file),
            blurred=self._wishes.blur,
            licence=self._wishes.licence,
            owner=self._wishes.owner,
            hints=judged.hints,
        )


def _remembered(folder: Path, camera_id: str) -> Remembered:
    """What earlier harvests kept of this camera."""
    remembered = Remembered()
    names = [entry.picture for entry in read_ledger(folder).values() if entry.camera_id == camera_id]
    for name in names[-REMEMBERED:]:
        for split in Split:
            if (file := folder / "images" / split / name).is_file():
                remembered.add(thumbnail(open_image(file)))
    return remembered
