"""Whether something creeps, however its box trembles: far away a jam's crawl shows only over seconds."""

from dataclasses import dataclass
from math import exp, sqrt

FADES_AFTER_S = 8.0
"""What was seen so long ago counts a third of what is seen now."""
CREEPS_MPS, CREPT_M, CREEPS_FOR_S = 0.3, 2.0, 4.0
"""Who creeps is so fast on average, has come so far, and was seen for so long: a half hidden box trembles as far in
less."""


@dataclass(slots=True)
class CreepDetector:
    """The places of one vehicle in the picture as a line through time, by least squares in which what is old fades
    exponentially: the sums that it takes.

    Times count from the newest look, places from the first one; seconds and pixels. Pixels, since metres that are
    estimated change while they are learnt, and what stands would seem to go.
    """

    seen_s: float = 0.0
    from_x: float = 0.0
    from_y: float = 0.0
    last_x: float = 0.0
    last_y: float = 0.0
    looks: float = 0.0
    t: float = 0.0
    tt: float = 0.0
    x: float = 0.0
    y: float = 0.0
    tx: float = 0.0
    ty: float = 0.0

    def update(self, x_px: float, y_px: float, at_s: float) -> None:
        """It is here now."""
        if not self.looks:
            self.from_x, self.from_y, self.seen_s = x_px, y_px, at_s
        self.last_x, self.last_y = x_px, y_px
        ago_s, self.seen_s = at_s - self.seen_s, at_s
        kept = exp(-ago_s / FADES_AFTER_S)
        self.tx, self.ty = kept * (self.tx - ago_s * self.x), kept * (self.ty - ago_s * self.y)
        self.tt = kept * (self.tt + ago_s * (ago_s * self.looks - 2 * self.t))
        self.t = kept * (self.t - ago_s * self.looks)
        self.x, self.y = kept * self.x + x_px - self.from_x, kept * self.y + y_px - self.from_y
        self.looks = kept * self.looks + 1

    def continue_at(self, x_px: float, y_px: float) -> None:
        """It is another track's now, which is here: how far one is from the other is no way that anybody has come."""
        self.from_x += x_px - self.last_x
        self.from_y += y_px - self.last_y

    @property
    def has_enough_history(self) -> bool:
        """Whether it was seen for long enough to say."""
        return self._lasted_s >= CREEPS_FOR_S

    def is_creeping(self, px_per_metre_ahead: tuple[float, float]) -> bool:
        """Whether it has come on by a way that trembling does not explain; `px_per_metre_ahead`: a metre of its way.

        On, as it drives: who sways or is seen further back does not creep.
        """
        if not self.has_enough_history:
            return False
        x_px, y_px = px_per_metre_ahead
        along = (self.looks * self.tx - self.t * self.x) * x_px + (self.looks * self.ty - self.t * self.y) * y_px
        mps = along / max(x_px**2 + y_px**2, 1e-9) / self._spread
        return mps >= CREEPS_MPS and mps * self._lasted_s >= CREPT_M

    @property
    def _spread(self) -> float:
        return self.looks * self.tt - self.t**2

    @property
    def _lasted_s(self) -> float:
        """The length of an even stretch of time with as much spread as the looks have."""
        return sqrt(12 * max(self._spread, 0.0)) / max(self.looks, 1.0)
