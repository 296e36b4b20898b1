"""The life of incidents of one kind: raised, updated and ended, each exactly once, whatever the tracker does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Protocol

from vision.analytics.scene import Scene
from vision.common.object_class import ObjectClass
from vision.config.incidents import RuleConfig
from vision.contracts import IncidentKind, IncidentPhase

FORGIVEN_S = 1.0
"""A condition that is not yet an incident may be unseen for so long: a track blinks, a frame is dropped."""
STEADY_S = 1.0
"""However long ago a condition began, it is looked at for so long before it is told (half its patience, if that is
shorter): what surrounds it may be misjudged for a frame."""
TWIN_S = 2.0
"""A road user that vanished is recognised by his place under a new id for so long."""
UPDATE_EVERY_S = 10.0
"""An incident that goes on is told of at most so often."""
SURER_BY = 0.1
FAR = 0.1
"""A place that moved by this part of the picture's diagonal is worth an update."""
TRACKS_KEPT = 32
"""Newest tracks that are remembered of each incident."""
COOLING_KEPT = 512
"""Incidents that are over and remembered so that they are not told again; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A rule's condition holds, at this moment, here, for these tracks."""

    place_px: tuple[float, float] | None
    """`None`: the whole camera, or the whole zone."""
    confidence: float
    reason: str
    """In words and numbers, in English: what a person would want to check."""
    facts: Mapping[str, float | str] = field(default_factory=dict)
    """The numbers and names in the reason. A change of `level` among them is worth an update."""
    since_s: float | None = None
    """When the condition began, where the rule knows it (a standstill began before it was noticed); media time."""
    zone_id: str | None = None
    line_id: str | None = None
    movement_id: str | None = None
    track_ids: tuple[int, ...] = ()
    classes: tuple[ObjectClass, ...] = ()
    reach_px: float = 0.0
    """How far from here another sighting is still the same incident."""
    velocity_px: tuple[float, float] = (0.0, 0.0)
    """Pixels a second: where to look for a moving road user that was lost from sight."""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """One word about one incident. Media time in seconds."""

    kind: IncidentKind
    number: int
    """The incident's, unique within the session; the same in all words about it."""
    phase: IncidentPhase
    sequence: int
    started_s: float
    at_s: float
    ended_s: float | None
    place: tuple[float, float] | None
    """Fractions of the picture."""
    evidence: Evidence
    """The newest; its tracks are all that the incident was lately seen as, its confidence the highest so far."""


class Rule(Protocol):
    """Looks for one kind of incident: says what it sees at each moment, not how long it must last."""

    kind: IncidentKind

    def look(self, scene: Scene) -> Sequence[Evidence]:
        """What speaks for an incident of this kind just now."""


@dataclass(slots=True, eq=False)
class _Candidate:
    """A condition that was seen: not yet an incident (no number), one that goes on, or one that is over."""

    newest: Evidence
    since_s: float
    first_s: float
    """When it was first seen."""
    seen_s: float
    """When it was last seen."""
    looks: int = 0
    hits: int = 0
    tracks: dict[int, None] = field(default_factory=dict)
    """The tracks that it was seen as, newest last."""
    number: int | None = None
    sequence: int = 0
    told: Evidence | None = None
    told_s: float = 0.0
    cooling_since_s: float | None = None
    """Since when it is over."""

    def take(self, evidence: Evidence, at_s: float) -> None:
        """It is seen once more; of several sightings at one moment the surest stands for all."""
        is_first = self.seen_s < at_s or not self.hits
        self.hits += is_first
        self.seen_s = at_s
        if self.number is None and evidence.since_s is not None:
            self.since_s = min(self.since_s, evidence.since_s)
        self.remember(evidence.track_ids)
        shown = evidence if is_first or evidence.confidence > self.newest.confidence else self.newest
        classes = evidence.classes if is_first else (*self.newest.classes, *evidence.classes)
        self.newest = replace(shown, classes=tuple(dict.fromkeys(classes)))

    def remember(self, track_ids: Iterable[int]) -> None:
        for track_id in track_ids:
            self.tracks.pop(track_id, None)
            self.tracks[track_id] = None
        while len(self.tracks) > TRACKS_KEPT:
            del self.tracks[next(iter(self.tracks))]

    def distance_px(self, evidence: Evidence, at_s: float) -> float:
        """From where it is expected to the evidence. What has no place is the same where it has no tracks either."""
        if self.newest.place_px is None or evidence.place_px is None:
            is_all = self.newest.place_px is evidence.place_px and not self.tracks and not evidence.track_ids
            return 0.0 if is_all else float("inf")
        unseen_s = at_s - self.seen_s
        (x, y), (vx, vy) = self.newest.place_px, self.newest.velocity_px
        return hypot(x + vx * unseen_s - evidence.place_px[0], y + vy * unseen_s - evidence.place_px[1])


class IncidentLifecycle:
    """Makes incidents of one kind out of evidence.

    A condition that lasts `confirm_after` is raised. It may blink for `FORGIVEN_S`, but must be seen in at least half
    of the looks; time before it was noticed (`Evidence.since_s`) counts. What goes on is updated when tracks join, when
    it is surer by `SURER_BY`, far away, or of another level, at most every `UPDATE_EVERY_S`. What is unseen for
    `clear_after` is ended, as of when it was last seen.

    Evidence belongs to an incident when they share a track (the zone may have changed), or when it lies in the same
    zone within reach. So one event seen as several tracks is one incident, and an id switch does not make a second.

    With `one_each`, a road user is an incident of his own: others beside him do not join. A new track is taken for
    him only where he is expected, within `TWIN_S` after he was lost from sight.

    For `cool_down` after the end, evidence of the same tracks or within reach belongs to what is over and is passed
    over in silence. What lasts longer than that is raised anew, so that nothing stands unseen; only with `one_each`
    does each sighting of the same road user begin the cool-down anew: he is told of once.

    Seconds are of any one clock that does not go back.
    """

    def __init__(
        self,
        kind: IncidentKind,
        settings: RuleConfig,
        width_px: int,
        height_px: int,
        numbers: Iterator[int],
        *,
        per_vehicle: bool = False,
    ) -> None:
        self.kind = kind
        self._confirm_after_s = settings.confirm_after.total_seconds()
        self._clear_after_s = settings.clear_after.total_seconds()
        self._cool_down_s = settings.cool_down.total_seconds()
        self._size_px = (width_px, height_px)
        self._numbers = numbers
        self._one_each = per_vehicle
        self._cases: list[_Candidate] = []

    def __len__(self) -> int:
        """How many conditions are remembered, incidents or not."""
        return len(self._cases)

    @property
    def open_count(self) -> int:
        """How many incidents go on."""
        return sum(map(_is_open, self._cases))

    def open_incidents(self) -> list[IncidentChange]:
        """The newest of each incident that goes on, told to nobody yet."""
        return [self._tell(case, IncidentPhase.UPDATED, case.seen_s) for case in self._cases if _is_open(case)]

    def update(self, evidence: Sequence[Evidence], at_s: float) -> list[IncidentChange]:
        """Take in all that speaks for incidents at one moment; return what there is to tell."""
        if not evidence and not self._cases:
            return []
        self._forget(at_s)
        for case in self._cases:
            case.looks += 1
        if evidence:
            self._sort_in(evidence, at_s)
        return [word for case in self._cases if (word := self._word(case, at_s)) is not None]

    def close(self, at_s: float) -> list[IncidentChange]:
        """The camera is watched no longer: everything that goes on ends, as of when it was last seen."""
        words = [self._end(case, at_s) for case in self._cases if _is_open(case)]
        self._cases = []
        return words

    def _forget(self, at_s: float) -> None:
        self._cases = [case for case in self._cases if not self._is_past(case, at_s)]
        if len(self._cases) > COOLING_KEPT:
            cooling = [case for case in self._cases if case.cooling_since_s is not None]
            dropped = {id(case) for case in cooling[: max(0, len(cooling) - COOLING_KEPT)]}
            self._cases = [case for case in self._cases if id(case) not in dropped]

    def _is_past(self, case: _Candidate, at_s: float) -> bool:
        if case.number is None:
            return at_s - case.seen_s > FORGIVEN_S
        return case.cooling_since_s is not None and at_s - case.cooling_since_s >= self._cool_down_s

    def _sort_in(self, evidence: Sequence[Evidence], at_s: float) -> None:
        """Known tracks first, so that it is clear who is in sight when places are compared."""
        seen = {t for sign in evidence for t in sign.track_ids}
        of_track = {(t, _event_of(case.newest)): case for case in self._cases for t in case.tracks if t in seen}
        strangers = []
        for sign in evidence:
            case = next((of_track[key] for t in sign.track_ids if (key := (t, _event_of(sign))) in of_track), None)
            if case is None:
                strangers.append(sign)
            else:
                self._give(case, sign, at_s)
        for sign in strangers:
            self._give(self._nearest(sign, at_s) or self._begin(sign, at_s), sign, at_s)

    def _give(self, case: _Candidate, sign: Evidence, at_s: float) -> None:
        if case.cooling_since_s is None:
            case.take(sign, at_s)
        else:
            case.remember(sign.track_ids)
            if self._one_each:
                case.cooling_since_s = at_s

    def _nearest(self, sign: Evidence, at_s: float) -> _Candidate | None:
        """The case in the same zone that this lies within reach of; one that goes on before one that is over."""
        near = [
            (case.cooling_since_s is not None, distance_px, number)
            for number, case in enumerate(self._cases)
            if _place_of(case.newest) == _place_of(sign)
            and (not self._one_each or 0 < at_s - case.seen_s <= TWIN_S)
            and (distance_px := case.distance_px(sign, at_s)) <= max(case.newest.reach_px, sign.reach_px)
        ]
        return self._cases[min(near)[2]] if near else None

    def _begin(self, sign: Evidence, at_s: float) -> _Candidate:
        case = _Candidate(sign, since_s=at_s, first_s=at_s, seen_s=at_s, looks=1)
        self._cases.append(case)
        return case

    def _word(self, case: _Candidate, at_s: float) -> IncidentChange | None:
        if case.cooling_since_s is not None:
            return None
        is_seen = case.seen_s == at_s
        if case.number is None:
            return self._raise(case, at_s) if is_seen and self._lasts(case, at_s) else None
        if not is_seen:
            return self._end(case, at_s) if at_s - case.seen_s >= self._clear_after_s else None
        if at_s - case.told_s >= UPDATE_EVERY_S and self._is_news(case):
            return self._tell(case, IncidentPhase.UPDATED, at_s, is_told=True)
        return None

    def _lasts(self, case: _Candidate, at_s: float) -> bool:
        steady_s = min(STEADY_S, self._confirm_after_s / 2)
        return (
            at_s - case.since_s >= self._confirm_after_s
            and at_s - case.first_s >= steady_s
            and 2 * case.hits >= case.looks
        )

    def _is_news(self, case: _Candidate) -> bool:
        told, now = case.told, case.newest
        if told is None:
            return True
        return (
            bool(case.tracks.keys() - set(told.track_ids))
            or now.confidence >= told.confidence + SURER_BY
            or now.facts.get("level") != told.facts.get("level")
            or self._moved(told, now)
        )

    def _moved(self, told: Evidence, now: Evidence) -> bool:
        if told.place_px is None or now.place_px is None:
            return told.place_px is not now.place_px
        moved_px = hypot(now.place_px[0] - told.place_px[0], now.place_px[1] - told.place_px[1])
        return moved_px > FAR * hypot(*self._size_px)

    def _raise(self, case: _Candidate, at_s: float) -> IncidentChange:
        case.number = next(self._numbers)
        return self._tell(case, IncidentPhase.RAISED, at_s, is_told=True)

    def _end(self, case: _Candidate, at_s: float) -> IncidentChange:
        case.cooling_since_s = at_s
        return self._tell(case, IncidentPhase.ENDED, at_s, is_told=True)

    def _tell(self, case: _Candidate, phase: IncidentPhase, at_s: float, *, is_told: bool = False) -> IncidentChange:
        assert case.number is not None  # noqa: S101  only incidents are told of
        sure = case.newest.confidence if case.told is None else max(case.newest.confidence, case.told.confidence)
        evidence = replace(case.newest, track_ids=tuple(case.tracks), confidence=sure)
        word = IncidentChange(
            kind=self.kind,
            number=case.number,
            phase=phase,
            sequence=case.sequence,
            started_s=case.since_s,
            at_s=at_s,
            ended_s=case.seen_s if phase is IncidentPhase.ENDED else None,
            place=self._fractions(evidence.place_px),
            evidence=evidence,
        )
        if is_told:
            case.told, case.told_s, case.sequence = evidence, at_s, case.sequence + 1
        return word

    def _fractions(self, place_px: tuple[float, float] | None) -> tuple[float, float] | None:
        if place_px is None:
            return None
        x, y = (min(max(at / size, 0.0), 1.0) for at, size in zip(place_px, self._size_px, strict=True))
        return x, y


def _is_open(case: _Candidate) -> bool:
    return case.number is not None and case.cooling_since_s is None


def _event_of(evidence: Evidence) -> tuple[str | None, str | None]:
    """What the same track may do several of: it crosses lines and makes movements."""
    return evidence.line_id, evidence.movement_id


def _place_of(evidence: Evidence) -> tuple[str | None, str | None, str | None]:
    return evidence.zone_id, evidence.line_id, evidence.movement_id
