"""Writes the most uncertain frames of a camera into a data set, with their provenance."""

from dataclasses import dataclass
from pathlib import Path

import cv2

from vision.common.digest import sha256_of
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.labels.active_learning.sampling import Quota
from vision.labels.active_learning.uncertainty import ScoredFrame, UncertaintyScorer
from vision.labels.anonymization import blur, regions_to_blur
from vision.labels.data_set.data_set import create, open_image
from vision.labels.data_set.near_duplicates import HISTORY_LENGTH, RecentPictures, thumbnail
from vision.labels.data_set.picture import Split
from vision.labels.data_set.provenance import Entry, append, read_provenance
from vision.labels.data_set.scenes import picture_name
from vision.labels.errors import LabelError

JPEG_QUALITY = 95
"""High, so that training does not learn our compression artefacts."""


@dataclass(frozen=True, slots=True)
class HarvestOptions:
    """How many pictures a harvest takes, and what it records of them."""

    per_hour: int = 60
    """Maximum number of pictures of one camera in an hour."""
    blur: bool = False
    licence: str = ""
    owner: str = ""


class Harvest:
    """Collects pictures of one camera: takes frames with their detections and writes to the data set's `new` folder."""

    def __init__(self, camera: CameraConfig, folder: Path, options: HarvestOptions, *, model: str) -> None:
        self.kept = 0
        """Pictures written."""
        self.duplicates = 0
        """Frames skipped as near-duplicates of a picture that was kept."""
        self._camera = camera
        self._folder = create(folder)
        self._options = options
        self._model = model
        self._scorer = UncertaintyScorer(camera)
        self._quota = Quota(options.per_hour)
        self._recent = _recent_pictures(folder, camera.id)

    def update(self, frame: Frame, detections: Detections) -> None:
        """Process a frame and its detections."""
        for scored in self._scorer.update(frame, detections):
            self._consider(scored)

    def finish(self) -> None:
        """Score and write what is still pending."""
        for scored in self._scorer.finish():
            self._consider(scored)
        self._write(self._quota.finish())

    def _consider(self, scored: ScoredFrame) -> None:
        self._write(self._quota.advance(scored))
        if not self._quota.accepts(scored):
            return
        if self._recent.contains(thumbnail(scored.frame.image)):
            self.duplicates += 1
        else:
            self._quota.keep(scored)

    def _write(self, scored: ScoredFrame | None) -> None:
        if scored is None:
            return
        frame = scored.frame
        self._recent.add(thumbnail(frame.image))
        file = self._folder / "images" / Split.NEW / picture_name(frame.camera_id, frame.captured_at)
        image = blur(frame.image, regions_to_blur(scored.detections)) if self._options.blur else frame.image
        if not cv2.imwrite(str(file), image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
            raise LabelError.single(file, "it could not be written", "free space on its disk, or name another folder")
        append(self._folder, self._entry(scored, file))
        self.kept += 1

    def _entry(self, scored: ScoredFrame, file: Path) -> Entry:
        return Entry(
            picture=file.name,
            camera_id=self._camera.id,
            captured_at=scored.frame.captured_at,
            frame_index=scored.frame.index,
            reasons={str(reason): count for reason, count in scored.reasons.items()},
            score=round(scored.score, 2),
            model=self._model,
            sha256=sha256_of(file),
            blurred=self._options.blur,
            licence=self._options.licence,
            owner=self._options.owner,
            hints=scored.hints,
        )


def _recent_pictures(folder: Path, camera_id: str) -> RecentPictures:
    """The newest pictures that earlier harvests kept of this camera."""
    recent = RecentPictures()
    names = [entry.picture for entry in read_provenance(folder).values() if entry.camera_id == camera_id]
    for name in names[-HISTORY_LENGTH:]:
        for split in Split:
            if (file := folder / "images" / split / name).is_file():
                recent.add(thumbnail(open_image(file)))
    return recent
