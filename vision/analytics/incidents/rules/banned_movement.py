"""Banned movements: vehicles that make a turn or a U-turn which is banned."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from vision.analytics.events import Crossing, Movement
from vision.analytics.incidents.evidence import display_name, with_article
from vision.analytics.incidents.features.line_clearance import LineClearance
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Floats
from vision.analytics.lines.movements import MovementParameters
from vision.analytics.scene import Scene
from vision.config.lines import MovementConfig
from vision.contracts import IncidentKind

MOVEMENTS = MovementParameters()


@dataclass(frozen=True, slots=True)
class BannedMovementParameters:
    """When a completed banned movement is evidence."""

    max_u_turn_cosine: float = 0.0
    """Cosine of the angle between the headings before and after a U-turn over one line: it heads back by more than a
    right angle. Higher: more movements over one line count as U-turns. Source: chosen."""
    confidence: float = 0.9
    """Confidence of each banned movement. Higher: ranked above other incidents. Source: chosen."""


class BannedMovementRule:
    """Reports vehicles that complete a banned movement and drive on.

    A U-turn over one and the same line also needs a reversed heading, and no sign of an ID switch between.
    """

    kind = IncidentKind.BANNED_MOVEMENT

    def __init__(
        self,
        movements: Sequence[MovementConfig],
        history: TrackHistory,
        parameters: BannedMovementParameters = BannedMovementParameters(),
        movement_parameters: MovementParameters = MOVEMENTS,
    ) -> None:
        self._parameters = parameters
        self._cleanup_interval_s = movement_parameters.cleanup_interval_s
        self._banned = {movement.id: movement for movement in movements if movement.banned}
        self._u_turn_lines = {m.entry for m in self._banned.values() if m.entry == m.exit}
        self._max_duration_s = max((m.within.total_seconds() for m in self._banned.values()), default=0.0)
        self._history = history
        self._clearance: LineClearance[Movement] = LineClearance(history)
        self._entries: dict[tuple[str, int], tuple[float, Floats]] = {}
        """By line and track: when it crossed first, and its heading then."""
        self._cleaned_s = -inf

    def __len__(self) -> int:
        return len(self._entries) + len(self._clearance)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each banned movement, once the vehicle has cleared the exit line."""
        self._forget(scene.at_s)
        for lost, successor in scene.stitched if self._entries else ():
            self._stitch(lost, successor)
        banned = [m for m in scene.movements if m.movement_id in self._banned]
        crossings = [c for c in scene.crossings if c.line_id in self._u_turn_lines]
        if banned or crossings:
            self._add(scene, banned, crossings)
        return [self._evidence(scene, n, track, movement) for n, track, movement in self._clearance.update(scene)]

    def _forget(self, at_s: float) -> None:
        if self._entries and abs(at_s - self._cleaned_s) >= self._cleanup_interval_s:
            self._cleaned_s, oldest_s = at_s, at_s - self._max_duration_s
            self._entries = {key: entry for key, entry in self._entries.items() if entry[0] >= oldest_s}

    def _stitch(self, lost: int, successor: int) -> None:
        for line in self._u_turn_lines:
            entry = self._entries.pop((line, lost), None)
            if entry is not None:
                self._entries.setdefault((line, successor), entry)

    def _add(self, scene: Scene, banned: Sequence[Movement], crossings: Sequence[Crossing]) -> None:
        rows = scene.tracks.row_of
        for movement in banned:
            n = rows.get(movement.track_id)
            if n is not None and self._has_turned(n, movement) and not self._may_have_switched(n, movement):
                self._clearance.add(scene, n, movement, movement.left_at_s)
        for c in crossings:
            if c.track_id in rows:
                heading = self._history.heading[rows[c.track_id]]
                self._entries.setdefault((c.line_id, c.track_id), (c.at_s, heading))

    def _may_have_switched(self, n: int, movement: Movement) -> bool:
        """Whether another vehicle may have completed the movement: IDs also switch below the picture's bottom edge."""
        since_s = movement.entered_at_s
        return self._history.has_switched_since(n, since_s) or self._history.was_below_image_since(n, since_s)

    def _has_turned(self, n: int, movement: Movement) -> bool:
        """Whether it heads back; true for movements other than a U-turn over one line."""
        config = self._banned[movement.movement_id]
        entry = self._entries.get((config.entry, movement.track_id))
        if config.entry != config.exit or entry is None:
            return True
        return bool(entry[1] @ self._history.heading[n] < self._parameters.max_u_turn_cosine)

    def _evidence(self, scene: Scene, n: int | None, track: int, movement: Movement) -> Evidence:
        config = self._banned[movement.movement_id]
        duration_s = round(movement.left_at_s - movement.entered_at_s, 1)
        bottom_center_px = None if n is None else scene.tracks.bottom_center_px[n].tolist()
        return Evidence(
            place_px=None if bottom_center_px is None else (bottom_center_px[0], bottom_center_px[1]),
            confidence=self._parameters.confidence,
            reason=f"{with_article(movement.object_class)} made the banned movement '{display_name(config)}' "
            f"in {duration_s} s",
            facts={"class": movement.object_class, "movement": display_name(config), "took_s": duration_s},
            since_s=movement.entered_at_s,
            movement_id=config.id,
            track_ids=(track,),
            classes=(movement.object_class,),
        )
