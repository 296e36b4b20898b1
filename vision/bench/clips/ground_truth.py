"""What people saw in clips: how congested each zone was, which incidents there were, who crossed a line."""

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
"""The manifest's words, and the levels that agree with each."""
KIND_OF = {"pedestrian_on_motorway": IncidentKind.PEDESTRIAN}
ZONE_OF = "_carriageway"
"""`inbound_right_carriageway` is the zone `inbound`."""


@dataclass(frozen=True, slots=True)
class TrueIncident:
    """Something that happened, from its first to its last frame."""

    kind: IncidentKind
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class KnownClip:
    """One clip and what is known of it."""

    file: Path
    levels: Mapping[str, frozenset[CongestionLevel]] = field(default_factory=dict)
    """By zone: the levels that are right."""
    incidents: tuple[TrueIncident, ...] = ()
    counted: CountedClip | None = None
    """Its counting line and how many vehicles cross it, where people have counted."""


def read_known(manifest: Path, by_eye: Path | None = None) -> list[KnownClip]:
    """All clips of a manifest; their files lie beside it.

    `by_eye` is another manifest, of the levels that the first does not tell: `truth.levels`, zone to word.
    Raises NgatuError where one of them is no manifest, or clips are missing.
    """
    more = {entry["file"]: entry["truth"]["levels"] for entry in _clips(by_eye)} if by_eye else {}
    try:
        known = [_known(entry, more.get(entry["file"], {}), manifest.parent) for entry in _clips(manifest)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NgatuError(f"{manifest}: it is not a manifest of clips ({type(error).__name__}: {error})") from error
    missing = [clip.file.name for clip in known if not clip.file.is_file()]
    if missing:
        raise NgatuError(f"{manifest}: not in {manifest.parent}: {', '.join(missing)}; put them beside the manifest")
    return known


def _clips(manifest: Path) -> list[Any]:
    try:
        listed: list[Any] = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NgatuError(
            f'{manifest}: it is not a manifest of clips ({type(error).__name__}: {error}); wanted is {{"clips": […]}}'
        ) from error
    return listed


def _known(entry: Mapping[str, Any], by_eye: Mapping[str, str], folder: Path) -> KnownClip:
    truth = entry.get("truth", {})
    told = {key.split("_")[0]: word for key, word in truth.get("congestion", {}).items() if key.endswith(ZONE_OF)}
    incident = truth.get("incident")
    return KnownClip(
        file=folder / entry["file"],
        levels={zone: LEVELS_OF[word] for zone, word in {**told, **by_eye}.items()},
        incidents=() if incident is None else (_incident(incident),),
        counted=counted_clip(entry["file"], truth["line_count"], folder) if "line_count" in truth else None,
    )


def _incident(truth: Mapping[str, Any]) -> TrueIncident:
    first, last = (frame / truth["fps"] for frame in truth["frames"])
    return TrueIncident(KIND_OF[truth["type"]], first, last)
