"""Rules about keys that have no effect as the rest of the file stands."""

from collections.abc import Iterator
from typing import Any

from vision.config.camera import CameraConfig
from vision.config.lint.finding import Finding

_RULE_OF = {
    "direction": "wrong_way",
    "stopping_banned": "illegal_stopping",
    "signal": "red_light",
    "spillback_line": "queue_spillback",
}
"""Keys of a zone, and the kind of incident that they serve."""


def inert_limits(camera: CameraConfig) -> Iterator[Finding]:
    """A speed limit that nothing is measured against."""
    for number, zone in enumerate(camera.zones):
        key = ("zones", number, "speed_limit_kmh")
        if zone.speed_limit_kmh is None:
            continue
        if camera.calibration is None:
            yield Finding(
                key,
                f"no speeding is reported in zone {zone.id!r}: the camera is not calibrated, so it measures no km/h",
                "add `calibration`; without it the limit is only where the estimate of the free-flow speed starts",
            )
        elif not camera.incidents.speeding.enabled:
            yield _off(key, zone.id, "speeding")


def inert_zone_keys(camera: CameraConfig) -> Iterator[Finding]:
    """A key of a zone whose kind of incident is off, or that needs another key."""
    for number, zone in enumerate(camera.zones):
        for name, kind in _RULE_OF.items():
            if getattr(zone, name) and not _is_enabled(camera, kind):
                yield _off(("zones", number, name), zone.id, kind)
        if zone.spillback_line and not zone.stop_line:
            yield Finding(
                ("zones", number, "spillback_line"),
                f"no queue is measured in zone {zone.id!r}, so none spills back",
                "name the line where the queue begins by `stop_line`",
            )


def inert_movements(camera: CameraConfig) -> Iterator[Finding]:
    """A banned movement that raises no incident."""
    for number, movement in enumerate(camera.movements):
        if movement.banned and not camera.incidents.banned_movement.enabled:
            yield _off(("movements", number, "banned"), movement.id, "banned_movement")


def _is_enabled(camera: CameraConfig, kind: str) -> bool:
    rule: Any = getattr(camera.incidents, kind)
    return bool(rule.enabled)


def _off(key: tuple[int | str, ...], owner: str, kind: str) -> Finding:
    return Finding(
        key, f"without effect in {owner!r}: `incidents.{kind}` is off", "set its `enabled: true`, or delete this key"
    )
