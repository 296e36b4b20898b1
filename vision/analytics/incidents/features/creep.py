"""Detects creeping: slow forward motion that jitter hides from frame to frame and that only shows over seconds."""

from dataclasses import dataclass
from math import exp, sqrt


@dataclass(frozen=True, slots=True)
class CreepParameters:
    """When slow forward motion counts as creeping."""

    decay_s: float = 8.0
    """Time constant by which old observations lose weight, seconds. Longer: less noise, slower to follow a change.
    Source: chosen."""
    min_speed_mps: float = 0.3
    """A creeping vehicle is at least this fast on average, metres per second. Higher: slower crawling counts as
    stopped. Source: chosen."""
    min_distance_m: float = 2.0
    """A creeping vehicle has covered at least this distance, metres. Larger: less jitter of half occluded boxes is
    taken for creeping, which is noticed later. Source: chosen."""
    min_duration_s: float = 4.0
    """An answer needs observations over this long, seconds. Longer: surer and later answers. Source: chosen."""


@dataclass(slots=True)
class CreepDetector:
    """Sums of a least-squares fit of position over time, for one vehicle, with exponentially decaying weights.

    In constant memory. Times (seconds) count from the newest observation, positions (pixels) from the first one:
    pixels, since the scale of an estimated ground plane changes while it is learned, and would move a stopped vehicle.

    Examples:
        >>> creep = CreepDetector()
        >>> for i in range(100):
        ...     creep.update(x_px=0.5 * i, y_px=0.0, at_s=0.1 * i)  # 5 px/s to the right
        >>> creep.is_creeping((10.0, 0.0))  # a metre is 10 px, to the right
        True
    """

    parameters: CreepParameters = CreepParameters()
    last_s: float = 0.0
    origin_x: float = 0.0
    origin_y: float = 0.0
    last_x: float = 0.0
    last_y: float = 0.0
    weight: float = 0.0
    t: float = 0.0
    tt: float = 0.0
    x: float = 0.0
    y: float = 0.0
    tx: float = 0.0
    ty: float = 0.0

    def update(self, x_px: float, y_px: float, at_s: float) -> None:
        """Adds the vehicle's position at this media time."""
        if not self.weight:
            self.origin_x, self.origin_y, self.last_s = x_px, y_px, at_s
        self.last_x, self.last_y = x_px, y_px
        passed_s, self.last_s = at_s - self.last_s, at_s
        kept = exp(-passed_s / self.parameters.decay_s)
        self.tx, self.ty = kept * (self.tx - passed_s * self.x), kept * (self.ty - passed_s * self.y)
        self.tt = kept * (self.tt + passed_s * (passed_s * self.weight - 2 * self.t))
        self.t = kept * (self.t - passed_s * self.weight)
        self.x, self.y = kept * self.x + x_px - self.origin_x, kept * self.y + y_px - self.origin_y
        self.weight = kept * self.weight + 1

    def continue_at(self, x_px: float, y_px: float) -> None:
        """Another track of the vehicle, at this position, continues it: the offset between the two is no motion."""
        self.origin_x += x_px - self.last_x
        self.origin_y += y_px - self.last_y

    @property
    def has_enough_history(self) -> bool:
        """Whether it was observed for long enough to decide."""
        return self._duration_s >= self.parameters.min_duration_s

    def is_creeping(self, px_per_metre_ahead: tuple[float, float]) -> bool:
        """Whether it moves forward more than jitter explains. `px_per_metre_ahead`: the image vector of one metre
        ahead.

        Motion to the side or backwards does not count.
        """
        p = self.parameters
        if not self.has_enough_history:
            return False
        x_px, y_px = px_per_metre_ahead
        along = (self.weight * self.tx - self.t * self.x) * x_px + (self.weight * self.ty - self.t * self.y) * y_px
        speed_mps = along / max(x_px**2 + y_px**2, 1e-9) / self._spread
        return speed_mps >= p.min_speed_mps and speed_mps * self._duration_s >= p.min_distance_m

    @property
    def _spread(self) -> float:
        return self.weight * self.tt - self.t**2

    @property
    def _duration_s(self) -> float:
        """Length of a uniform distribution of times with the observations' variance."""
        return sqrt(12 * max(self._spread, 0.0)) / max(self.weight, 1.0)
