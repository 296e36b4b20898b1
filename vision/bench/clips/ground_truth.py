"""What people saw in clips: congestion levels of zones, incidents, and counted crossings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vision.bench.counting.dataset import CountedClip, counted_clip
from vision.contracts import CongestionLevel, IncidentKind
from vision.core import NgatuError

L = CongestionLevel
LEVELS_OF = {
    "free": frozenset({L.FREE, L.DENSE}),
    "reduced": frozenset({L.FREE, L.DENSE}),
    "slow": frozenset({L.DENSE, L.CONGESTED}),
    "congested": frozenset({L.CONGESTED, L.JAMMED}),
    "jam": frozenset({L.CONGESTED, L.JAMMED}),
}
"""The manifest's levels, and the congestion levels that agree with each."""
KIND_OF = {"pedestrian_on_motorway": IncidentKind.PEDESTRIAN}
ZONE_OF = "_carriageway"
"""`inbound_right_carriageway` is the zone `inbound`."""


@dataclass(frozen=True, slots=True)
class TrueIncident:
    """An incident that people saw, from its first to its last frame."""

    kind: IncidentKind
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class DescribedClip:
    """A clip and what people saw in it."""

    file: Path
    levels: Mapping[str, frozenset[CongestionLevel]] = field(default_factory=dict)
    """By zone: the levels that agree with what people saw."""
    incidents: tuple[TrueIncident, ...] = ()
    counted: CountedClip | None = None
    """Its counting line and the vehicles that cross it, if people counted them."""


def read_described_clips(manifest: Path, by_eye: Path | None = None) -> list[DescribedClip]:
    """Read all clips of a manifest; their files are beside it.

    `by_eye` is a second manifest with levels that the first lacks: `truth.levels`, by zone.

    Raises:
        NgatuError: a file is not a manifest, or clips are missing.
    """
    more = {entry["file"]: entry["truth"]["levels"] for entry in _clips(by_eye)} if by_eye else {}
    try:
        described = [_described(entry, more.get(entry["file"], {}), manifest.parent) for entry in _clips(manifest)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NgatuError(f"{manifest}: not a manifest of clips ({type(error).__name__}: {error})") from error
    missing = [clip.file.name for clip in described if not clip.file.is_file()]
    if missing:
        raise NgatuError(f"{manifest}: not in {manifest.parent}: {', '.join(missing)}; put them beside the manifest")
    return described


def _clips(manifest: Path) -> list[Any]:
    try:
        listed: list[Any] = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NgatuError(
            f'{manifest}: not a manifest of clips ({type(error).__name__}: {error}); expected {{"clips": […]}}'
        ) from error
    return listed


def _described(entry: Mapping[str, Any], by_eye: Mapping[str, str], folder: Path) -> DescribedClip:
    truth = entry.get("truth", {})
    levels = {key.split("_")[0]: word for key, word in truth.get("congestion", {}).items() if key.endswith(ZONE_OF)}
    incident = truth.get("incident")
    return DescribedClip(
        file=folder / entry["file"],
        levels={zone: LEVELS_OF[word] for zone, word in {**levels, **by_eye}.items()},
        incidents=() if incident is None else (_incident(incident),),
        counted=counted_clip(entry["file"], truth["line_count"], folder) if "line_count" in truth else None,
    )


def _incident(truth: Mapping[str, Any]) -> TrueIncident:
    first, last = (frame / truth["fps"] for frame in truth["frames"])
    return TrueIncident(KIND_OF[truth["type"]], first, last)
