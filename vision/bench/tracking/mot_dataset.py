"""Clips whose vehicles people have followed frame by frame, in the text form of the MOT challenge."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.core import NgatuError
from vision.core.columns import Columns

CLASS_OF = {
    1: ObjectClass.CAR,
    2: ObjectClass.CAR,
    3: ObjectClass.TRUCK,
    4: ObjectClass.BUS,
    5: ObjectClass.MOTORCYCLE,
}
"""The numbers of TfL's published tracks; a van is a car, what is undefined is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class TrueBoxes(Columns):
    """N boxes of true vehicles."""

    frame: NDArray[np.int64]
    """(N,): index of the video's frame, from 0."""
    vehicle: NDArray[np.int64]
    """(N,): which vehicle of the clip."""
    class_id: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @classmethod
    def read(cls, file: Path) -> Self:
        """Rows `frame from 1, id, x, y, width, height, 1, class, visible, …`; hidden vehicles are left out.

        Raises NgatuError where the file is no such table.
        """
        try:
            rows = np.loadtxt(file, delimiter=",", ndmin=2)
            rows = rows[(rows[:, 8] == 1) & np.isin(rows[:, 7], list(CLASS_OF))]
            classes = [CLASS_OF[int(number)].class_id for number in rows[:, 7]]
        except (OSError, ValueError, IndexError) as error:
            raise NgatuError(
                f"{file}: no table of true boxes ({error}); wanted are rows `frame,id,x,y,w,h,1,class,visible`"
            ) from error
        return cls(
            frame=rows[:, 0].astype(np.int64) - 1,
            vehicle=rows[:, 1].astype(np.int64),
            class_id=np.array(classes, np.int64),
            xyxy=np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class FollowedClip:
    """A clip and the boxes of its true vehicles."""

    file: Path
    truth: TrueBoxes


def read_followed(manifest: Path, clips: Path | None = None) -> list[FollowedClip]:
    """The clips of a manifest that have `truth.tracks.mot`, a file beside the clip.

    Raises NgatuError where the manifest is not one, or none of its clips has tracks.
    """
    folder = clips or manifest.parent
    try:
        listed: list[Any] = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
        named = [(c["file"], c["truth"]["tracks"]["mot"]) for c in listed if "tracks" in c.get("truth", {})]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NgatuError(
            f"{manifest}: it is not a manifest of clips ({type(error).__name__}: {error}); wanted is "
            '{"clips": [{"file": …, "truth": {"tracks": {"mot": …}}}]}'
        ) from error
    if not named:
        raise NgatuError(f"{manifest}: none of its clips has truth.tracks.mot")
    return [FollowedClip(folder / file, TrueBoxes.read(folder / mot)) for file, mot in named]
