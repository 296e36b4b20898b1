"""Movements: which places the same vehicle passed, from an entry to an exit (origin and destination)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from vision.analytics.events import Crossing, Movement, ZoneEntry
from vision.analytics.identity.stitching import TrackLinks
from vision.common.object_class import ObjectClass
from vision.config.lines import MovementConfig
from vision.contracts import Direction

KNOWN_LATE_S = 1.0
"""An entry into a zone is believed so much later than a crossing: places passed after it are looked at once more."""
FORGET_EVERY_S = 1.0
"""Ways that took too long are looked for so often; they lead nowhere before that either."""


@dataclass(frozen=True, slots=True)
class _Passing:
    """A vehicle passed a place: crossed a line, in a direction, or came into a zone."""

    place_id: str
    direction: Direction | None
    object_class: ObjectClass
    track_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class _Step:
    """One of a movement's places. `direction`: `None` for either, and for zones."""

    place_id: str
    direction: Direction | None

    def is_passed_by(self, passing: _Passing) -> bool:
        return passing.place_id == self.place_id and self.direction in {None, passing.direction}


@dataclass(frozen=True, slots=True)
class _Way:
    """How far a vehicle has come on a movement."""

    began_at_s: float
    passed: int
    """How many of its places."""


class MovementCounter:
    """Follows each track from the first place of a movement over those between to the last.

    Places that no movement names next are passed over, so a vehicle may cross other lines on its way. A track makes a
    movement again only after it has passed its entry again. Ways are forgotten once no movement could take that long
    (`MovementConfig.within`). A track that goes on under another id goes on with its ways.
    """

    def __init__(self, movements: Sequence[MovementConfig]) -> None:
        self._steps = {movement.id: _steps(movement) for movement in movements}
        self._within_s = {movement.id: movement.within.total_seconds() for movement in movements}
        self._ways: dict[tuple[str, int], _Way] = {}
        self._recent: list[_Passing] = []
        self._forgot_s = -inf

    def __len__(self) -> int:
        """How many vehicles are on the way, once for each movement that it may become."""
        return len(self._ways)

    def update(
        self,
        crossings: Iterable[Crossing],
        at_s: float,
        *,
        entries: Iterable[ZoneEntry] = (),
        stitched: TrackLinks = (),
    ) -> list[Movement]:
        """Take in the crossings and zone entries known at `at_s`; return the movements that they complete.

        `stitched`: which tracks go on under another id, known at `at_s` too.
        """
        for lost, heir in stitched if self._ways else ():
            self._hand_on(lost, heir)
        passings = [_Passing(c.line_id, c.direction, c.object_class, c.track_id, c.at_s) for c in crossings]
        passings += [_Passing(e.zone_id, None, e.object_class, e.track_id, e.at_s) for e in entries]
        completed = []
        for passing in sorted(passings, key=lambda p: p.at_s):
            later = [p for p in self._recent if p.track_id == passing.track_id and p.at_s > passing.at_s]
            for known in (passing, *later):
                completed += [m for key, steps in self._steps.items() for m in self._pass(key, steps, known)]
        self._recent = [p for p in (*self._recent, *passings) if at_s - p.at_s <= KNOWN_LATE_S]
        self._forget(at_s)
        return completed

    def _pass(self, movement_id: str, steps: tuple[_Step, ...], passing: _Passing) -> list[Movement]:
        key = movement_id, passing.track_id
        way = self._ways.get(key)
        if way is not None and passing.at_s - way.began_at_s > self._within_s[movement_id]:
            del self._ways[key]
            way = None
        if way is not None and steps[way.passed].is_passed_by(passing):
            return self._go_on(key, way, len(steps), passing)
        if way is None and steps[0].is_passed_by(passing):
            self._ways[key] = _Way(passing.at_s, 1)
        return []

    def _go_on(self, key: tuple[str, int], way: _Way, places: int, passing: _Passing) -> list[Movement]:
        movement_id, track_id = key
        if way.passed + 1 < places:
            self._ways[key] = _Way(way.began_at_s, way.passed + 1)
            return []
        del self._ways[key]
        return [Movement(movement_id, passing.object_class, track_id, way.began_at_s, passing.at_s)]

    def _hand_on(self, lost: int, heir: int) -> None:
        for key in self._steps:
            way = self._ways.pop((key, lost), None)
            if way is not None:
                self._ways.setdefault((key, heir), way)

    def _forget(self, now_s: float) -> None:
        if abs(now_s - self._forgot_s) < FORGET_EVERY_S:
            return
        self._forgot_s = now_s
        self._ways = {key: way for key, way in self._ways.items() if now_s - way.began_at_s <= self._within_s[key[0]]}


def _steps(movement: MovementConfig) -> tuple[_Step, ...]:
    return (
        _Step(movement.entry, movement.entry_direction),
        *(_Step(place_id, None) for place_id in movement.via),
        _Step(movement.exit, movement.exit_direction),
    )
