"""How the vehicles of one moment move: what every measure and every rule looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.core.columns import Columns

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TrackKinematics(Columns):
    """N tracks at one moment of media time, with what their recent way says of them.

    Metres are the road's where the camera is calibrated. Elsewhere they are estimated from the usual sizes of vehicles
    (`vision.analytics.kinematics.ground_plane`):
    right to within a third or so, good for telling standing from moving and slow from fast
    within one picture, never told to people as metres or km/h.
    """

    track_id: NDArray[np.int64]
    class_id: NDArray[np.int64]
    confidence: Floats
    xyxy: Floats
    """(N, 4): left, top, right, bottom in pixels."""
    truncated: Bools
    """(N, 4): which of these sides the picture's edge cuts off."""
    bottom_center_px: Floats
    """(N, 2): the middle of the box's lower edge, taken for where the vehicle touches the road; pixels. Of a vehicle
    that the picture's edge cuts off, where it would be."""
    ground_m: Floats
    """(N, 2): that point on the road in metres, calibrated or estimated; NaN beyond the horizon."""
    velocity_px: Floats
    """(N, 2): pixels a second, by regression over the last sightings; NaN for a track too new to tell."""
    velocity_mps: Floats
    """(N, 2): metres a second on the road, by regression over the ground path; NaN for a track too new to tell."""
    speed_mps: Floats
    """(N,): the length of `velocity_mps`."""
    speed_kmh: Floats
    """(N,): `pace_mps` for people; NaN without calibration, for a new track, and where implausible."""
    scale_px_per_m: Floats
    """(N,): pixels a metre at the vehicle, across the direction of sight."""
    first_seen_s: Floats
    """(N,): when the track began, media time."""
    first_px: Floats
    """(N, 2): where its foot was then."""
    first_m: Floats
    """(N, 2): that point on the road, as `ground_m`."""
    displacement_m: Floats
    """(N,): metres from there to here, straight."""
    stopped_since_s: Floats
    """(N,): since when it stands, media time; NaN while it moves. Small trembling does not end a stand."""
    has_moved: Bools
    """(N,): whether it was ever seen moving before; a vehicle parked when the camera came on was not."""
    max_speed_mps: Floats
    """(N,): the highest pace it was ever seen at (over the regression's window)."""
    is_stopped: Bools = field(init=False)
    """(N,): whether it stands."""

    _row_of: dict[int, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.check_lengths()
        object.__setattr__(self, "is_stopped", ~np.isnan(self.stopped_since_s))

    @property
    def row_of(self) -> Mapping[int, int]:
        """By track: its row. Looked up once."""
        if not self._row_of:
            self._row_of.update(zip(self.track_id.tolist(), range(len(self)), strict=True))
        return self._row_of

    def box_size_px(self, n: int) -> float:
        """The size in the picture of the track in row `n`: the square root of its box's area."""
        left, top, right, bottom = self.xyxy[n].tolist()
        return sqrt((right - left) * (bottom - top))

    @classmethod
    def empty(cls) -> Self:
        none, pairs = np.empty(0), np.empty((0, 2))
        ids = np.empty(0, np.int64)
        return cls(
            track_id=ids,
            class_id=ids,
            confidence=none,
            xyxy=np.empty((0, 4)),
            truncated=np.empty((0, 4), bool),
            bottom_center_px=pairs,
            ground_m=pairs,
            velocity_px=pairs,
            velocity_mps=pairs,
            speed_mps=none,
            speed_kmh=none,
            scale_px_per_m=none,
            first_seen_s=none,
            first_px=pairs,
            first_m=pairs,
            displacement_m=none,
            stopped_since_s=none,
            has_moved=np.empty(0, bool),
            max_speed_mps=none,
        )
