"""The life of the incidents of one kind: each is raised, updated and ended exactly once, whatever the tracker does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Protocol

from vision.analytics.incidents.conditions import SustainedConditionParameters
from vision.analytics.scene import Scene
from vision.common.object_class import ObjectClass
from vision.config.incidents import RuleConfig
from vision.contracts import IncidentKind, IncidentPhase

SUSTAINED = SustainedConditionParameters()


@dataclass(frozen=True, slots=True)
class LifecycleParameters:
    """How evidence is joined to incidents, and when an open incident is updated."""

    min_observed_s: float = 1.0
    """A condition is observed at least this long before it is raised, seconds, however long ago it began; half of
    `confirm_after` if that is shorter. Longer: fewer alarms from misjudged frames, later alarms. Source: chosen."""
    min_hit_share: float = 0.5
    """A condition holds in at least this share of the frames before it is raised. Higher: fewer alarms from flickering
    conditions, more missed ones. Source: chosen."""
    reacquire_s: float = 2.0
    """A lost road user is recognised at its expected position under a new id for this long, seconds. Longer: fewer
    repeated alarms after ID switches, more vehicles mistaken for one that was lost. Source: chosen."""
    update_interval_s: float = 10.0
    """Shortest time between two updates of one incident, seconds. Longer: fewer events, older figures on the page.
    Source: chosen."""
    confidence_step: float = 0.1
    """Confidence must rise by this much to be worth an update. Higher: fewer updates. Source: chosen."""
    moved_share: float = 0.1
    """A position must move by this share of the picture's diagonal to be worth an update. Larger: fewer updates.
    Source: chosen."""
    max_tracks: int = 32
    """Newest track ids kept for each incident. More: an id that comes back late is still recognised, more memory.
    Source: chosen."""
    max_cooling: int = 512
    """Ended incidents kept for their cool-down, the newest. More: fewer repeated alarms on a camera with very many
    incidents, more memory. Source: chosen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A rule's condition holds in this frame, at this position, for these tracks."""

    place_px: tuple[float, float] | None
    """`None`: the whole camera, or the whole zone."""
    confidence: float
    reason: str
    """An English sentence with the numbers that a person would want to check."""
    facts: Mapping[str, float | str] = field(default_factory=dict)
    """The numbers and names in the reason. A change of `level` among them is worth an update."""
    since_s: float | None = None
    """When the condition began, where the rule knows it (a standstill begins before it is detected); media time."""
    zone_id: str | None = None
    line_id: str | None = None
    movement_id: str | None = None
    track_ids: tuple[int, ...] = ()
    classes: tuple[ObjectClass, ...] = ()
    radius_px: float = 0.0
    """Evidence within this distance belongs to the same incident."""
    velocity_px: tuple[float, float] = (0.0, 0.0)
    """Pixels per second: predicts where a moving road user reappears after an occlusion."""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """One step in the life of one incident: raised, updated or ended. Media time in seconds.

    Examples:
        >>> evidence = Evidence((640.0, 360.0), 0.9, "a car has been stationary for 8 s", track_ids=(7,))
        >>> change = IncidentChange(
        ...     IncidentKind.STOPPED_VEHICLE, 1, IncidentPhase.RAISED, 0, 12.0, 20.0, None, (0.5, 0.5), evidence
        ... )
        >>> change.phase.value, change.at_s - change.started_s, change.evidence.reason
        ('raised', 8.0, 'a car has been stationary for 8 s')
    """

    kind: IncidentKind
    number: int
    """Identifies the incident within the session; the same in all its changes."""
    phase: IncidentPhase
    sequence: int
    started_s: float
    at_s: float
    ended_s: float | None
    place: tuple[float, float] | None
    """Fractions of the picture."""
    evidence: Evidence
    """The newest, with the incident's latest tracks and its highest confidence."""


class Rule(Protocol):
    """Finds evidence for one kind of incident in one frame; `IncidentLifecycle` decides how long it must last."""

    kind: IncidentKind

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for incidents of this kind in this scene."""


@dataclass(slots=True, eq=False)
class _Candidate:
    """A condition that was observed: not raised yet (it has no number), open, or ended and cooling down."""

    newest: Evidence
    since_s: float
    first_seen_s: float
    seen_s: float
    """When it was observed last."""
    frames: int = 0
    hits: int = 0
    """Frames since it was observed first, and those in which it held."""
    tracks: dict[int, None] = field(default_factory=dict)
    """Track ids that it was observed as, newest last."""
    number: int | None = None
    sequence: int = 0
    published: Evidence | None = None
    """The evidence of its newest change ..."""
    published_s: float = 0.0
    """... and when that was emitted."""
    cooling_since_s: float | None = None
    """When it ended."""

    @property
    def is_open(self) -> bool:
        return self.number is not None and self.cooling_since_s is None

    def add(self, evidence: Evidence, at_s: float, max_tracks: int) -> None:
        """Add an observation; of several in one frame the one with the highest confidence represents all."""
        is_first = self.seen_s < at_s or not self.hits
        self.hits += is_first
        self.seen_s = at_s
        if self.number is None and evidence.since_s is not None:
            self.since_s = min(self.since_s, evidence.since_s)
        self.add_tracks(evidence.track_ids, max_tracks)
        shown = evidence if is_first or evidence.confidence > self.newest.confidence else self.newest
        classes = evidence.classes if is_first else (*self.newest.classes, *evidence.classes)
        self.newest = replace(shown, classes=tuple(dict.fromkeys(classes)))

    def add_tracks(self, track_ids: Iterable[int], max_tracks: int) -> None:
        for track_id in track_ids:
            self.tracks.pop(track_id, None)
            self.tracks[track_id] = None
        while len(self.tracks) > max_tracks:
            del self.tracks[next(iter(self.tracks))]

    def distance_px(self, evidence: Evidence, at_s: float) -> float:
        """From the expected position to the evidence. Evidence without a position matches if neither has tracks."""
        if self.newest.place_px is None or evidence.place_px is None:
            is_all = self.newest.place_px is evidence.place_px and not self.tracks and not evidence.track_ids
            return 0.0 if is_all else float("inf")
        unseen_s = at_s - self.seen_s
        (x, y), (vx, vy) = self.newest.place_px, self.newest.velocity_px
        return hypot(x + vx * unseen_s - evidence.place_px[0], y + vy * unseen_s - evidence.place_px[1])


class IncidentLifecycle:
    """Turns the evidence of one rule into incidents.

    A condition that lasts for `confirm_after` is raised. Gaps up to `max_gap_s` are bridged, but the condition must
    hold in at least half of the frames; time before its first observation (`Evidence.since_s`) counts. An open incident
    is updated when tracks join, its confidence rises, its position moves or its level changes, at most once per
    `update_interval_s`. It ends, as of its last observation, when it is not observed for `clear_after`.

    Evidence belongs to an incident when they share a track (the zone may differ), or when it is in the same zone within
    `radius_px`. So an event observed as several tracks is one incident, and an ID switch does not make a second one.

    With `per_vehicle`, each road user is an incident of its own: others beside it do not join. A new track is matched
    only at the expected position, within `reacquire_s` after the vehicle was lost.

    For `cool_down` after the end, evidence of the same tracks or within the radius raises nothing. A condition that
    outlasts the cool-down is raised again, so that nothing persistent stays unreported; only with `per_vehicle` does
    each observation restart the cool-down, so that a road user is reported once.

    Times are seconds of any one monotonic clock.

    Examples:
        >>> from itertools import count
        >>> lifecycle = IncidentLifecycle(IncidentKind.CONGESTION, RuleConfig(), 1280, 720, count(1))
        >>> evidence = Evidence(None, 0.9, "traffic is jammed")
        >>> changes = [change for at_s in range(4) for change in lifecycle.update([evidence], at_s)]
        >>> [(str(change.phase), change.at_s) for change in changes]
        [('raised', 2)]
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
        parameters: LifecycleParameters = LifecycleParameters(),
        condition_parameters: SustainedConditionParameters = SUSTAINED,
    ) -> None:
        self.kind = kind
        self._confirm_after_s = settings.confirm_after.total_seconds()
        self._clear_after_s = settings.clear_after.total_seconds()
        self._cool_down_s = settings.cool_down.total_seconds()
        self._size_px = (width_px, height_px)
        self._numbers = numbers
        self._per_vehicle = per_vehicle
        self._parameters = parameters
        self._max_gap_s = condition_parameters.max_gap_s
        self._candidates: list[_Candidate] = []

    def __len__(self) -> int:
        """Number of conditions in memory, raised or not."""
        return len(self._candidates)

    @property
    def open_count(self) -> int:
        """Number of open incidents."""
        return sum(candidate.is_open for candidate in self._candidates)

    def open_incidents(self) -> list[IncidentChange]:
        """The current state of each open incident, as an update that is not published."""
        return [self._change(c, IncidentPhase.UPDATED, c.seen_s) for c in self._candidates if c.is_open]

    def update(self, evidence: Sequence[Evidence], at_s: float) -> list[IncidentChange]:
        """Add all evidence of one frame; return the changes to publish."""
        if not evidence and not self._candidates:
            return []
        self._forget(at_s)
        for candidate in self._candidates:
            candidate.frames += 1
        if evidence:
            self._assign(evidence, at_s)
        return [change for c in self._candidates if (change := self._next_change(c, at_s)) is not None]

    def close(self, at_s: float) -> list[IncidentChange]:
        """Analysis stops: end all open incidents, as of their last observation."""
        changes = [self._end(candidate, at_s) for candidate in self._candidates if candidate.is_open]
        self._candidates = []
        return changes

    def _forget(self, at_s: float) -> None:
        self._candidates = [candidate for candidate in self._candidates if not self._is_expired(candidate, at_s)]
        max_cooling = self._parameters.max_cooling
        if len(self._candidates) > max_cooling:
            cooling = [candidate for candidate in self._candidates if candidate.cooling_since_s is not None]
            dropped = {id(candidate) for candidate in cooling[: max(0, len(cooling) - max_cooling)]}
            self._candidates = [candidate for candidate in self._candidates if id(candidate) not in dropped]

    def _is_expired(self, candidate: _Candidate, at_s: float) -> bool:
        if candidate.number is None:
            return at_s - candidate.seen_s > self._max_gap_s
        return candidate.cooling_since_s is not None and at_s - candidate.cooling_since_s >= self._cool_down_s

    def _assign(self, evidence: Sequence[Evidence], at_s: float) -> None:
        """Assign evidence to candidates: by track first, so that positions are compared with unseen candidates only."""
        seen = {t for each in evidence for t in each.track_ids}
        by_track = {(t, _event_of(c.newest)): c for c in self._candidates for t in c.tracks if t in seen}
        unmatched = []
        for each in evidence:
            keys = ((t, _event_of(each)) for t in each.track_ids)
            candidate = next((by_track[key] for key in keys if key in by_track), None)
            if candidate is None:
                unmatched.append(each)
            else:
                self._add(candidate, each, at_s)
        for each in unmatched:
            self._add(self._nearest(each, at_s) or self._begin(each, at_s), each, at_s)

    def _add(self, candidate: _Candidate, evidence: Evidence, at_s: float) -> None:
        if candidate.cooling_since_s is None:
            candidate.add(evidence, at_s, self._parameters.max_tracks)
        else:
            candidate.add_tracks(evidence.track_ids, self._parameters.max_tracks)
            if self._per_vehicle:
                candidate.cooling_since_s = at_s

    def _nearest(self, evidence: Evidence, at_s: float) -> _Candidate | None:
        """The nearest candidate in the same zone within the radius; an open one before one that ended."""
        near = [
            (candidate.cooling_since_s is not None, distance_px, number)
            for number, candidate in enumerate(self._candidates)
            if _location_of(candidate.newest) == _location_of(evidence)
            and (not self._per_vehicle or 0 < at_s - candidate.seen_s <= self._parameters.reacquire_s)
            and (distance_px := candidate.distance_px(evidence, at_s))
            <= max(candidate.newest.radius_px, evidence.radius_px)
        ]
        return self._candidates[min(near)[2]] if near else None

    def _begin(self, evidence: Evidence, at_s: float) -> _Candidate:
        candidate = _Candidate(evidence, since_s=at_s, first_seen_s=at_s, seen_s=at_s, frames=1)
        self._candidates.append(candidate)
        return candidate

    def _next_change(self, candidate: _Candidate, at_s: float) -> IncidentChange | None:
        if candidate.cooling_since_s is not None:
            return None
        is_seen = candidate.seen_s == at_s
        if candidate.number is None:
            return self._raise(candidate, at_s) if is_seen and self._lasts(candidate, at_s) else None
        if not is_seen:
            return self._end(candidate, at_s) if at_s - candidate.seen_s >= self._clear_after_s else None
        if at_s - candidate.published_s >= self._parameters.update_interval_s and self._has_news(candidate):
            return self._emit(candidate, IncidentPhase.UPDATED, at_s)
        return None

    def _lasts(self, candidate: _Candidate, at_s: float) -> bool:
        min_observed_s = min(self._parameters.min_observed_s, self._confirm_after_s / 2)
        return (
            at_s - candidate.since_s >= self._confirm_after_s
            and at_s - candidate.first_seen_s >= min_observed_s
            and candidate.hits >= self._parameters.min_hit_share * candidate.frames
        )

    def _has_news(self, candidate: _Candidate) -> bool:
        published, now = candidate.published, candidate.newest
        if published is None:
            return True
        return (
            bool(candidate.tracks.keys() - set(published.track_ids))
            or now.confidence >= published.confidence + self._parameters.confidence_step
            or now.facts.get("level") != published.facts.get("level")
            or self._has_moved(published, now)
        )

    def _has_moved(self, published: Evidence, now: Evidence) -> bool:
        if published.place_px is None or now.place_px is None:
            return published.place_px is not now.place_px
        moved_px = hypot(now.place_px[0] - published.place_px[0], now.place_px[1] - published.place_px[1])
        return moved_px > self._parameters.moved_share * hypot(*self._size_px)

    def _raise(self, candidate: _Candidate, at_s: float) -> IncidentChange:
        candidate.number = next(self._numbers)
        return self._emit(candidate, IncidentPhase.RAISED, at_s)

    def _end(self, candidate: _Candidate, at_s: float) -> IncidentChange:
        candidate.cooling_since_s = at_s
        return self._emit(candidate, IncidentPhase.ENDED, at_s)

    def _emit(self, candidate: _Candidate, phase: IncidentPhase, at_s: float) -> IncidentChange:
        """A change that is published."""
        change = self._change(candidate, phase, at_s)
        candidate.published, candidate.published_s = change.evidence, at_s
        candidate.sequence += 1
        return change

    def _change(self, candidate: _Candidate, phase: IncidentPhase, at_s: float) -> IncidentChange:
        newest, published = candidate.newest, candidate.published
        confidence = newest.confidence if published is None else max(newest.confidence, published.confidence)
        evidence = replace(newest, track_ids=tuple(candidate.tracks), confidence=confidence)
        assert candidate.number is not None  # noqa: S101  only incidents have changes
        return IncidentChange(
            kind=self.kind,
            number=candidate.number,
            phase=phase,
            sequence=candidate.sequence,
            started_s=candidate.since_s,
            at_s=at_s,
            ended_s=candidate.seen_s if phase is IncidentPhase.ENDED else None,
            place=self._fractions(evidence.place_px),
            evidence=evidence,
        )

    def _fractions(self, place_px: tuple[float, float] | None) -> tuple[float, float] | None:
        if place_px is None:
            return None
        x, y = (min(max(at / size, 0.0), 1.0) for at, size in zip(place_px, self._size_px, strict=True))
        return x, y


def _event_of(evidence: Evidence) -> tuple[str | None, str | None]:
    """Separates events of one track: it may cross several lines and make several movements."""
    return evidence.line_id, evidence.movement_id


def _location_of(evidence: Evidence) -> tuple[str | None, str | None, str | None]:
    return evidence.zone_id, evidence.line_id, evidence.movement_id
