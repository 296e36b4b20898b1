"""Reads clips with labelled tracks in the text format of the MOT Challenge."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.core import NgatuError
from vision.core.columns import Columns

CLASSES = {
    1: ObjectClass.CAR,
    2: ObjectClass.CAR,
    3: ObjectClass.TRUCK,
    4: ObjectClass.BUS,
    5: ObjectClass.MOTORCYCLE,
}
"""Class numbers of the published TfL tracks. A van is a car; undefined vehicles (6) are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledBoxes(Columns):
    """N labelled boxes of one clip."""

    frame: NDArray[np.int64]
    """(N,): index of the video's frame, from 0."""
    vehicle: NDArray[np.int64]
    """(N,): the vehicle's id in the clip."""
    class_id: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read rows `frame from 1, id, x, y, width, height, 1, class, visible, …`, without invisible vehicles.

        Raises:
            NgatuError: the file is not such a table.
        """
        try:
            rows = np.loadtxt(file, delimiter=",", ndmin=2)
            rows = rows[(rows[:, 8] == 1) & np.isin(rows[:, 7], list(CLASSES))]
            classes = [CLASSES[int(number)].class_id for number in rows[:, 7]]
        except (OSError, ValueError, IndexError) as error:
            raise NgatuError(
                f"{file}: not a table of labelled boxes ({error}); expected rows `frame,id,x,y,w,h,1,class,visible`"
            ) from error
        return cls(
            frame=rows[:, 0].astype(np.int64) - 1,
            vehicle=rows[:, 1].astype(np.int64),
            class_id=np.array(classes, np.int64),
            xyxy=np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A clip and the labelled boxes of its vehicles."""

    file: Path
    truth: LabelledBoxes


def read_labelled_clips(manifest: Path, clips: Path | None = None) -> list[LabelledClip]:
    """Read the clips of a manifest that have `truth.tracks.mot`; all files are in `clips`, by default beside it.

    Raises:
        NgatuError: it is not a manifest, none of its clips has tracks, or a clip is missing.
    """
    folder = clips or manifest.parent
    try:
        listed: list[Any] = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
        named = [(c["file"], c["truth"]["tracks"]["mot"]) for c in listed if "tracks" in c.get("truth", {})]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NgatuError(
            f"{manifest}: not a manifest of clips ({type(error).__name__}: {error}); expected "
            '{"clips": [{"file": …, "truth": {"tracks": {"mot": …}}}]}'
        ) from error
    if not named:
        raise NgatuError(f"{manifest}: none of its clips has truth.tracks.mot")
    missing = [file for file, _ in named if not (folder / file).is_file()]
    if missing:
        raise NgatuError(f"{manifest}: not in {folder}: {', '.join(missing)}; name the clips' folder by --clips")
    return [LabelledClip(folder / file, LabelledBoxes.read(folder / mot)) for file, mot in named]
