"""A banned turn or U-turn."""

from collections.abc import Sequence
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

CONFIDENCE = 0.9
TURNED_COSINE = 0.0
"""Who makes a U-turn over one line heads back at its end, by more than a right angle."""


class BannedMovementRule:
    """Completes a movement that is banned, and drives on; over one and the same line, having turned round between."""

    kind = IncidentKind.BANNED_MOVEMENT

    def __init__(self, movements: Sequence[MovementConfig], past: TrackHistory) -> None:
        self._banned = {movement.id: movement for movement in movements if movement.banned}
        self._u_turn_lines = {m.entry for m in self._banned.values() if m.entry == m.exit}
        self._longest_s = max((m.within.total_seconds() for m in self._banned.values()), default=0.0)
        self._past = past
        self._going_on: LineClearance[Movement] = LineClearance(past)
        self._entered: dict[tuple[str, int], tuple[float, Floats]] = {}
        """By line and track: when it crossed first, and where it was heading."""
        self._forgot_s = -inf

    def __len__(self) -> int:
        return len(self._entered) + len(self._going_on)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        if self._entered and abs(scene.at_s - self._forgot_s) >= MovementParameters().cleanup_interval_s:
            self._forgot_s, oldest_s = scene.at_s, scene.at_s - self._longest_s
            self._entered = {key: entered for key, entered in self._entered.items() if entered[0] >= oldest_s}
        for lost, heir in scene.stitched if self._entered else ():
            self._hand_on(lost, heir)
        banned = [m for m in scene.movements if m.movement_id in self._banned]
        crossings = [c for c in scene.crossings if c.line_id in self._u_turn_lines]
        if banned or crossings:
            self._note(scene, banned, crossings)
        return [_sign(scene, n, track, self._banned[m.movement_id], m) for n, track, m in self._going_on.update(scene)]

    def _hand_on(self, lost: int, heir: int) -> None:
        for line in self._u_turn_lines:
            entered = self._entered.pop((line, lost), None)
            if entered is not None:
                self._entered.setdefault((line, heir), entered)

    def _note(self, scene: Scene, banned: Sequence[Movement], crossings: Sequence[Crossing]) -> None:
        rows = scene.tracks.row_of
        for made in banned:
            n = rows.get(made.track_id)
            if n is not None and self._has_turned(n, made) and not self._may_be_another(n, made):
                self._going_on.add(scene, n, made, made.left_at_s)
        for c in crossings:
            if c.track_id in rows:
                heading = self._past.heading[rows[c.track_id]]
                self._entered.setdefault((c.line_id, c.track_id), (c.at_s, heading))

    def _may_be_another(self, n: int, made: Movement) -> bool:
        """Whether another vehicle may have ended the movement: who leaves the picture below leaves its id to who comes
        in there."""
        since_s = made.entered_at_s
        return self._past.has_switched_since(n, since_s) or self._past.was_below_image_since(n, since_s)

    def _has_turned(self, n: int, made: Movement) -> bool:
        """Whether it heads back, where the movement is a U-turn over one line."""
        movement = self._banned[made.movement_id]
        entered = self._entered.get((movement.entry, made.track_id))
        if movement.entry != movement.exit or entered is None:
            return True
        return bool(entered[1] @ self._past.heading[n] < TURNED_COSINE)


def _sign(scene: Scene, n: int | None, track: int, movement: MovementConfig, made: Movement) -> Evidence:
    took_s = round(made.left_at_s - made.entered_at_s, 1)
    bottom_center_px = None if n is None else scene.tracks.bottom_center_px[n].tolist()
    return Evidence(
        place_px=None if bottom_center_px is None else (bottom_center_px[0], bottom_center_px[1]),
        confidence=CONFIDENCE,
        reason=f"{with_article(made.object_class)} made the banned movement '{display_name(movement)}' in {took_s} s",
        facts={"class": made.object_class, "movement": display_name(movement), "took_s": took_s},
        since_s=made.entered_at_s,
        movement_id=movement.id,
        track_ids=(track,),
        classes=(made.object_class,),
    )
