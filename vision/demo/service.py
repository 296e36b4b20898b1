"""Reads the service's state and counts, by the public HTTP API."""

import json
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class LineCounts:
    """One line's counts since the demonstration began."""

    line_id: str
    into: int
    out: int
    by_class: dict[str, int]


@dataclass(frozen=True, slots=True)
class CameraRow:
    """One camera as the service reports it."""

    camera_id: str
    name: str
    state: str
    reason: str
    processed_fps: float
    latency_p95_ms: float
    lines: tuple[LineCounts, ...]


class Service:
    """The service at one address, e.g. `http://127.0.0.1:8000`."""

    def __init__(self, address: str) -> None:
        self.address = address

    def is_ready(self) -> bool:
        """Whether it answers and reports that its parts are ready."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=TIMEOUT_S):  # noqa: S310
                return True
        except OSError:
            return False

    def cameras(self) -> list[CameraRow]:
        """All cameras, by id; empty while the service does not answer."""
        try:
            with urllib.request.urlopen(f"{self.address}/api/v1/cameras", timeout=TIMEOUT_S) as answer:  # noqa: S310
                return [_row(camera) for camera in json.load(answer)["cameras"]]
        except (OSError, urllib.error.URLError):
            return []


def _row(camera: dict[str, Any]) -> CameraRow:
    health, stats = camera["health"], camera["health"]["stats"]
    return CameraRow(
        camera_id=camera["id"],
        name=camera["name"],
        state=health["state"],
        reason=health["reason"],
        processed_fps=stats["processed_fps"],
        latency_p95_ms=stats["latency_p95_ms"],
        lines=tuple(_line(line_id, counts) for line_id, counts in camera["counts"]["lines"].items()),
    )


def _line(line_id: str, counts: dict[str, Any]) -> LineCounts:
    by_class = Counter({name: c["in"] + c["out"] for name, c in counts["by_class"].items()})
    return LineCounts(line_id, counts["in"], counts["out"], dict(by_class.most_common()))
