"""Which track stands from its first look where another was just before: its vehicle came there under that id."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from vision.analytics.incidents.evidence import is_vehicle
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.geometry import iou

BEFORE_S = 2.0
"""A vehicle is without a track for so long at most when its id goes on with the one that it touches."""
ASKED_S = 2.0
"""Who stands since its first look is known to do so by then."""
EVERY_S = 0.1
"""Looks are kept so often."""
SAME_BOX = 0.7
"""Boxes of one vehicle share this part of what they cover at least; two of one size that stand touching do not."""
GOES_MPS = 1.5
"""Whose id drives on has passed, and left nobody behind."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A track that stands, the one under which its vehicle came, and when it was there under that one last."""

    track: int
    came_as: int
    seen_s: float


class StandstillTransfer:
    """Keeps the looks of the last seconds. Where one vehicle was, no other stood: who is seen standing there came."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, TrackKinematics]] = deque()

    def __len__(self) -> int:
        """How many looks are kept."""
        return len(self._looks)

    def update(self, motion: TrackKinematics, unmoved: Bools, at_s: float) -> list[Arrival]:
        """Take in one moment; return which of the `unmoved` (N,) that stand came under another id."""
        asked = unmoved & motion.is_stopped & is_vehicle(motion.class_id) & (at_s - motion.first_seen_s <= ASKED_S)
        found = [self._arrival(motion, n) for n in asked.nonzero()[0].tolist()]
        while self._looks and at_s - self._looks[0][0] > ASKED_S + BEFORE_S:
            self._looks.popleft()
        if len(motion) and not (self._looks and at_s - self._looks[-1][0] < EVERY_S):
            self._looks.append((at_s, motion))
        return [arrival for arrival in found if arrival is not None]

    def _arrival(self, motion: TrackKinematics, n: int) -> Arrival | None:
        """By the newest look before row `n` began at which one was there that is not there since, nor drives on."""
        box, began_s = motion.xyxy[n], float(motion.first_seen_s[n])
        goes: dict[int, bool] = {}
        here: set[int] = set()
        for look in [*(look for seen_s, look in self._looks if seen_s >= began_s), motion]:
            may_go = ~(look.speed_mps < GOES_MPS) & ~look.is_stopped
            goes |= dict(zip(look.track_id.tolist(), may_go.tolist(), strict=True))
            here.update(look.track_id[_same(box, look.xyxy)].tolist())
        for seen_s, look in reversed(self._looks):
            if began_s - BEFORE_S <= seen_s < began_s:
                was = look.track_id[_same(box, look.xyxy)].tolist()
                came_as = [track for track in was if track not in here and not goes.get(track, False)]
                if came_as:
                    return Arrival(int(motion.track_id[n]), came_as[0], seen_s)
        return None


def _same(box: Floats, boxes: Floats) -> Bools:
    """(N,): which boxes (N, 4) are the (4,) box, but for their trembling."""
    return np.asarray(iou(box[None], boxes)[0] >= SAME_BOX, bool)
