"""A banned turn or U-turn."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.incidents.signs import a, called, sign_of
from vision.analytics.movements import Movement
from vision.analytics.scene import Scene
from vision.config.lines import MovementConfig
from vision.contracts import IncidentKind

CONFIDENCE = 0.9


class BannedMovement:
    """Completes a movement that is banned. It took two crossings or entries, so it is no trembling."""

    kind = IncidentKind.BANNED_MOVEMENT

    def __init__(self, movements: Sequence[MovementConfig]) -> None:
        self._banned = {movement.id: movement for movement in movements if movement.banned}

    def look(self, scene: Scene) -> Sequence[Evidence]:
        return [_sign(scene, self._banned[m.movement_id], m) for m in scene.movements if m.movement_id in self._banned]


def _sign(scene: Scene, movement: MovementConfig, made: Movement) -> Evidence:
    took_s = round(made.left_at_s - made.entered_at_s, 1)
    reason = f"{a(made.object_class)} made the banned movement '{called(movement)}' in {took_s} s"
    facts: dict[str, float | str] = {
        "class": made.object_class,
        "movement": called(movement),
        "took_s": took_s,
    }
    rows = np.flatnonzero(scene.motion.track_id == made.track_id)
    if len(rows):
        return sign_of(
            scene,
            int(rows[0]),
            None,
            confidence=CONFIDENCE,
            reason=reason,
            facts=facts,
            reach_m=0.0,
            since_s=made.entered_at_s,
            movement_id=movement.id,
        )
    return Evidence(
        place_px=None,
        confidence=CONFIDENCE,
        reason=reason,
        facts=facts,
        since_s=made.entered_at_s,
        movement_id=movement.id,
        track_ids=(made.track_id,),
        classes=(made.object_class,),
    )
