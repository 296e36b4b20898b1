"""Movements: which vehicles travel from an entry line or zone to an exit (origin and destination)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from vision.analytics.events import Crossing, Movement, ZoneEntry
from vision.analytics.identity.stitching import TrackLinks
from vision.common.object_class import ObjectClass
from vision.config.lines import MovementConfig
from vision.contracts import Direction


@dataclass(frozen=True, slots=True)
class MovementParameters:
    """How late events may arrive, and how often unfinished movements are dropped."""

    max_entry_delay_s: float = 1.0
    """A zone entry may become known this much later than a line crossing, seconds; what a track visited after it is
    then evaluated once more. Longer: later entries still count, more visits are kept. Source: chosen, above the delay
    of zone entries."""
    cleanup_interval_s: float = 1.0
    """Unfinished movements that took too long are dropped this often, seconds. Longer: less work, more memory; no
    effect on what is counted. Source: chosen."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """A vehicle crossed a line, or entered a zone (`direction` is `None`)."""

    place_id: str
    direction: Direction | None
    object_class: ObjectClass
    track_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class _Step:
    """One place of a movement; `direction` is `None` for zones, and for lines that count in both directions."""

    place_id: str
    direction: Direction | None

    def matches(self, visit: _Visit) -> bool:
        return visit.place_id == self.place_id and self.direction in {None, visit.direction}


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far a vehicle has come on a movement."""

    began_at_s: float
    steps_done: int


class MovementCounter:
    """Follows each track from the entry of a movement over the places between to its exit.

    Places that the movement does not name next are ignored, so a vehicle may cross other lines in between. A track
    makes a movement again only after it has passed the entry again. Progress is dropped once the movement can no longer
    be completed within `MovementConfig.within`. A stitched track continues the progress of the track that it continues.

    Examples:
        >>> from vision.contracts import Direction
        >>> def crossed(line_id: str, at_s: float) -> Crossing:
        ...     return Crossing(line_id, Direction.IN, ObjectClass.CAR, 7, at_s, (0.5, 0.5), 0.9)
        >>> counter = MovementCounter([MovementConfig(id="through", entry="north", exit="south")])
        >>> [movement] = counter.update([crossed("north", 1.0), crossed("south", 6.5)], 7.0)
        >>> (movement.movement_id, movement.track_id, movement.left_at_s - movement.entered_at_s)
        ('through', 7, 5.5)
    """

    def __init__(
        self, movements: Sequence[MovementConfig], parameters: MovementParameters = MovementParameters()
    ) -> None:
        self._parameters = parameters
        self._steps = {movement.id: _steps(movement) for movement in movements}
        self._within_s = {movement.id: movement.within.total_seconds() for movement in movements}
        self._progress: dict[tuple[str, int], _Progress] = {}
        """By movement and track."""
        self._recent: list[_Visit] = []
        self._cleaned_up_s = -inf

    def __len__(self) -> int:
        """Number of unfinished movements."""
        return len(self._progress)

    def update(
        self,
        crossings: Iterable[Crossing],
        at_s: float,
        *,
        entries: Iterable[ZoneEntry] = (),
        stitched: TrackLinks = (),
    ) -> list[Movement]:
        """Take in what became known at `at_s`, media time: crossings, zone entries, stitched tracks.

        Returns the movements that are complete now. Events are evaluated in the order in which they happened.
        """
        for lost, successor in stitched if self._progress else ():
            self._transfer(lost, successor)
        visits = [_Visit(c.line_id, c.direction, c.object_class, c.track_id, c.at_s) for c in crossings]
        visits += [_Visit(e.zone_id, None, e.object_class, e.track_id, e.at_s) for e in entries]
        completed = []
        for visit in sorted(visits, key=lambda v: v.at_s):
            later = [v for v in self._recent if v.track_id == visit.track_id and v.at_s > visit.at_s]
            for known in (visit, *later):
                completed += [m for key, steps in self._steps.items() for m in self._advance(key, steps, known)]
        max_delay_s = self._parameters.max_entry_delay_s
        self._recent = [v for v in (*self._recent, *visits) if at_s - v.at_s <= max_delay_s]
        self._clean_up(at_s)
        return completed

    def _advance(self, movement_id: str, steps: tuple[_Step, ...], visit: _Visit) -> list[Movement]:
        """Begin, continue or complete a movement with a visit; the movement if it is complete."""
        key = movement_id, visit.track_id
        progress = self._progress.get(key)
        if progress is not None and visit.at_s - progress.began_at_s > self._within_s[movement_id]:
            del self._progress[key]
            progress = None
        if progress is None:
            if steps[0].matches(visit):
                self._progress[key] = _Progress(visit.at_s, 1)
            return []
        if not steps[progress.steps_done].matches(visit):
            return []
        if progress.steps_done + 1 < len(steps):
            self._progress[key] = _Progress(progress.began_at_s, progress.steps_done + 1)
            return []
        del self._progress[key]
        return [Movement(movement_id, visit.object_class, visit.track_id, progress.began_at_s, visit.at_s)]

    def _transfer(self, lost: int, successor: int) -> None:
        """Continue a lost track's movements under its successor's id."""
        for movement_id in self._steps:
            progress = self._progress.pop((movement_id, lost), None)
            if progress is not None:
                self._progress.setdefault((movement_id, successor), progress)

    def _clean_up(self, now_s: float) -> None:
        if abs(now_s - self._cleaned_up_s) < self._parameters.cleanup_interval_s:
            return
        self._cleaned_up_s = now_s
        self._progress = {
            key: progress
            for key, progress in self._progress.items()
            if now_s - progress.began_at_s <= self._within_s[key[0]]
        }


def _steps(movement: MovementConfig) -> tuple[_Step, ...]:
    return (
        _Step(movement.entry, movement.entry_direction),
        *(_Step(place_id, None) for place_id in movement.via),
        _Step(movement.exit, movement.exit_direction),
    )
