"""Movements: which entry line and which exit line the same vehicle crossed (origin and destination)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vision.analytics.crossings import Crossing
from vision.classes import ObjectClass
from vision.config.lines import MovementConfig


@dataclass(frozen=True, slots=True)
class Movement:
    """One vehicle crossed an entry line and later an exit line, in either direction each. Media time in seconds."""

    movement_id: str
    object_class: ObjectClass
    track_id: int
    entered_at_s: float
    left_at_s: float


class MovementCounter:
    """Pairs crossings of the same track. Each track makes each movement at most once.

    Entries are forgotten once no movement could take that long (`MovementConfig.within`).
    """

    def __init__(self, movements: Sequence[MovementConfig]) -> None:
        self._movements = tuple(movements)
        self._entries: dict[tuple[str, int], float] = {}

    def __len__(self) -> int:
        """How many entries wait for their exit."""
        return len(self._entries)

    def update(self, crossings: Iterable[Crossing], at_s: float) -> list[Movement]:
        """Take in the crossings known at `at_s`; return the movements that they complete."""
        completed = []
        for crossing in sorted(crossings, key=lambda c: c.at_s):
            for movement in self._movements:
                if crossing.line_id == movement.exit:
                    completed += self._leave(movement, crossing)
                elif crossing.line_id == movement.entry:
                    self._entries.setdefault((movement.id, crossing.track_id), crossing.at_s)
        self._forget(at_s)
        return completed

    def _leave(self, movement: MovementConfig, crossing: Crossing) -> list[Movement]:
        entered_at_s = self._entries.pop((movement.id, crossing.track_id), None)
        if entered_at_s is None or crossing.at_s - entered_at_s > movement.within.total_seconds():
            return []
        return [Movement(movement.id, crossing.object_class, crossing.track_id, entered_at_s, crossing.at_s)]

    def _forget(self, now_s: float) -> None:
        longest_s = {movement.id: movement.within.total_seconds() for movement in self._movements}
        self._entries = {
            key: entered_at_s
            for key, entered_at_s in self._entries.items()
            if now_s - entered_at_s <= longest_s[key[0]]
        }
