"""The kinematic state of every track at one moment: position, velocity, and whether it has stopped."""

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
    """N tracks at one moment of media time: where they are, and how they move by their recent trajectories.

    Metres are the road's where the camera is calibrated. Elsewhere they are estimated from typical vehicle sizes (see
    `EstimatedGround`): right to within about a third, good enough to distinguish stopped from moving and slow from fast
    within one picture, and never published as metres or km/h.

    Examples:
        >>> tracks = TrackKinematics.empty()
        >>> fast = tracks[tracks.speed_mps > 10]
        >>> fast.track_id.tolist()
        []
    """

    track_id: NDArray[np.int64]
    class_id: NDArray[np.int64]
    confidence: Floats
    xyxy: Floats
    """(N, 4): left, top, right, bottom in pixels."""
    truncated: Bools
    """(N, 4): which of these sides the picture's edge truncates."""
    bottom_center_px: Floats
    """(N, 2): the middle of the box's lower edge, where the vehicle is taken to touch the road; pixels. For a truncated
    box, that of the extrapolated one."""
    ground_m: Floats
    """(N, 2): that point on the road in metres, calibrated or estimated; NaN beyond the horizon."""
    velocity_px: Floats
    """(N, 2): pixels per second, by regression over the recent trajectory; NaN for a track that is too new."""
    velocity_mps: Floats
    """(N, 2): metres per second on the road, by the same regression; NaN for a track that is too new."""
    speed_mps: Floats
    """(N,): the length of `velocity_mps`."""
    speed_kmh: Floats
    """(N,): the speed that may be published; NaN without calibration, for a new track, and where implausible."""
    scale_px_per_m: Floats
    """(N,): pixels per metre at the vehicle, across the line of sight."""
    first_seen_s: Floats
    """(N,): when the track began, media time."""
    first_px: Floats
    """(N, 2): `bottom_center_px` at that time."""
    first_m: Floats
    """(N, 2): `ground_m` at that time."""
    displacement_m: Floats
    """(N,): the straight distance from there to the present position."""
    stopped_since_s: Floats
    """(N,): when the vehicle stopped, media time; NaN while it moves. Box jitter does not end a stop."""
    has_moved: Bools
    """(N,): whether the track was ever observed moving; false for a vehicle parked since the analysis began."""
    max_speed_mps: Floats
    """(N,): the highest `speed_mps` since the track began."""
    is_stopped: Bools = field(init=False)
    """(N,): whether `stopped_since_s` is set."""

    _row_of: dict[int, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.check_lengths()
        object.__setattr__(self, "is_stopped", ~np.isnan(self.stopped_since_s))

    @property
    def row_of(self) -> Mapping[int, int]:
        """The row of each track id, built at the first use."""
        if not self._row_of:
            self._row_of.update(zip(self.track_id.tolist(), range(len(self)), strict=True))
        return self._row_of

    def box_size_px(self, n: int) -> float:
        """The square root of the box area of the track in row `n`."""
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
