"""A banned turn or U-turn."""

from collections.abc import Sequence

from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.incidents.past import Past
from vision.analytics.incidents.signs import a, called, sign_of
from vision.analytics.motion import Floats
from vision.analytics.movements import Movement
from vision.analytics.scene import Scene
from vision.config.lines import MovementConfig
from vision.contracts import IncidentKind

CONFIDENCE = 0.9
DRIVES_MPS = 1.5
"""Who completes a movement drives: of those who stand at a line, trembling boxes cross it both ways."""
TURNED_COSINE = 0.0
"""Who makes a U-turn over one line heads back at its end, by more than a right angle."""


class BannedMovement:
    """Completes a movement that is banned, driving; over one and the same line, having turned round in between."""

    kind = IncidentKind.BANNED_MOVEMENT

    def __init__(self, movements: Sequence[MovementConfig], past: Past) -> None:
        self._banned = {movement.id: movement for movement in movements if movement.banned}
        self._u_turn_lines = {m.entry for m in self._banned.values() if m.entry == m.exit}
        self._longest_s = max((m.within.total_seconds() for m in self._banned.values()), default=0.0)
        self._past = past
        self._entered: dict[tuple[str, int], tuple[float, Floats]] = {}
        """By line and track: when it crossed first, and where it was heading."""

    def __len__(self) -> int:
        return len(self._entered)

    def look(self, scene: Scene) -> Sequence[Evidence]:
        if self._entered:
            oldest_s = scene.at_s - self._longest_s
            self._entered = {key: entered for key, entered in self._entered.items() if entered[0] >= oldest_s}
        banned = [m for m in scene.movements if m.movement_id in self._banned]
        crossings = [c for c in scene.crossings if c.line_id in self._u_turn_lines]
        if not banned and not crossings:
            return []
        rows = dict(zip(scene.motion.track_id.tolist(), range(len(scene.motion)), strict=True))
        made = [
            (rows[m.track_id], m) for m in banned if m.track_id in rows and self._is_made(scene, rows[m.track_id], m)
        ]
        for c in crossings:
            if c.track_id in rows:
                heading = self._past.heading[rows[c.track_id]].copy()
                self._entered.setdefault((c.line_id, c.track_id), (c.at_s, heading))
        return [_sign(scene, n, self._banned[m.movement_id], m) for n, m in made]

    def _is_made(self, scene: Scene, n: int, made: Movement) -> bool:
        movement = self._banned[made.movement_id]
        entered = self._entered.get((movement.entry, made.track_id))
        is_u_turn = movement.entry == movement.exit
        if is_u_turn and entered and not float(entered[1] @ self._past.heading[n]) < TURNED_COSINE:
            return False
        return bool(scene.motion.pace_mps[n] >= DRIVES_MPS) and not scene.motion.is_still[n]


def _sign(scene: Scene, n: int, movement: MovementConfig, made: Movement) -> Evidence:
    took_s = round(made.left_at_s - made.entered_at_s, 1)
    return sign_of(
        scene,
        n,
        None,
        confidence=CONFIDENCE,
        reason=f"{a(made.object_class)} made the banned movement '{called(movement)}' in {took_s} s",
        facts={"class": made.object_class, "movement": called(movement), "took_s": took_s},
        reach_m=0.0,
        since_s=made.entered_at_s,
        movement_id=movement.id,
    )
