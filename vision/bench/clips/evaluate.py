"""Runs clips as if they were live cameras, and compares congestion levels and incidents with what people saw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.analytics.incidents import IncidentChange
from vision.bench.clips.ground_truth import DescribedClip, TrueIncident
from vision.bench.clips.replay import DetectedFrame, Replay
from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError
from vision.config.files.loading import load_cameras
from vision.contracts import CongestionLevel, IncidentKind, IncidentPhase, PictureCondition
from vision.core import NgatuError
from vision.pipeline import CameraPipeline, FrameResult

LATE_S = 10.0
"""An incident that is raised this long after its end still matches."""
CONGESTED = frozenset({CongestionLevel.CONGESTED, CongestionLevel.JAMMED})


@dataclass(frozen=True, slots=True)
class ZoneLevel:
    """The congestion levels that were reported of a zone."""

    zone_id: str
    reported: tuple[tuple[float, CongestionLevel], ...]
    """Each change of level: media time in seconds, level."""
    right: frozenset[CongestionLevel] | None
    """The levels that agree with what people saw; None: not described."""

    @property
    def level(self) -> CongestionLevel | None:
        """The last reported level; None: too little traffic to say."""
        return self.reported[-1][1] if self.reported else None

    @property
    def agrees(self) -> bool | None:
        """Whether the last level agrees; None: not described."""
        return None if self.right is None else self.level in self.right


@dataclass(frozen=True, slots=True)
class FoundIncident:
    """An incident that was raised."""

    raised: IncidentChange
    is_true: bool


@dataclass(frozen=True, slots=True)
class ClipTraffic:
    """The result of one clip."""

    clip: DescribedClip
    camera: CameraConfig
    levels: tuple[ZoneLevel, ...]
    incidents: tuple[FoundIncident, ...]
    delays_s: tuple[float | None, ...]
    """Of each true incident: from its start until it was raised; None: missed."""
    conditions: tuple[tuple[float, PictureCondition], ...]
    """When each condition of the image was first reported."""

    @property
    def false_incidents(self) -> list[IncidentChange]:
        return [found.raised for found in self.incidents if not found.is_true]


def camera_for(clip: Path, cameras: Sequence[CameraConfig]) -> CameraConfig | None:
    """The camera with the longest id that the clip's name equals, or starts with."""
    fitting = [
        c for c in cameras if clip.stem == c.id or (clip.stem.startswith(c.id) and _is_separated(clip.stem, c.id))
    ]
    return max(fitting, key=lambda camera: len(camera.id), default=None)


def _is_separated(stem: str, camera_id: str) -> bool:
    return not stem[len(camera_id)].isalnum()


def cameras_of(folder: Path, clips: Iterable[DescribedClip]) -> list[tuple[DescribedClip, CameraConfig]]:
    """Pair each clip with its camera. Raises NgatuError for a clip without one, ConfigError for an invalid file."""
    loaded = load_cameras(folder)
    if loaded.problems:
        raise ConfigError(loaded.problems)
    cameras = [camera.config for camera in loaded.cameras.values()]
    pairs = [(clip, camera_for(clip.file, cameras)) for clip in clips]
    without = [clip.file.stem for clip, camera in pairs if camera is None]
    if without:
        raise NgatuError(
            f"{folder}: no camera for {', '.join(without)}: add a file whose id is the clip's name or the start of it"
        )
    return [(clip, camera) for clip, camera in pairs if camera is not None]


def evaluate_clip(clip: DescribedClip, camera: CameraConfig, replay: Replay) -> ClipTraffic:
    """Analyse one clip as a worker analyses a camera that has just started."""
    results = analyse(camera, replay.frames(clip.file))
    changes = [change for result in results for change in result.incidents]
    raised = [change for change in changes if change.phase is IncidentPhase.RAISED]
    return ClipTraffic(
        clip=clip,
        camera=camera,
        levels=tuple(_level(zone.id, results, clip) for zone in camera.zones),
        incidents=tuple(FoundIncident(change, _is_true(change, clip)) for change in raised),
        delays_s=tuple(_delay_s(true, raised) for true in clip.incidents),
        conditions=_conditions(results),
    )


def analyse(camera: CameraConfig, frames: Iterable[DetectedFrame]) -> list[FrameResult]:
    """Run the camera's pipeline over all frames."""
    pipeline = CameraPipeline(camera, analyzes_image=True)
    return [pipeline.process(frame, detections) for frame, detections in frames]


def _level(zone_id: str, results: Iterable[FrameResult], clip: DescribedClip) -> ZoneLevel:
    reported: list[tuple[float, CongestionLevel]] = []
    for result in results:
        states = result.scene.zones if result.scene else ()
        level = next((state.congestion for state in states if state.zone.id == zone_id), None)
        if level is not None and (not reported or reported[-1][1] is not level):
            reported.append((result.media_time_s, level))
    return ZoneLevel(zone_id, tuple(reported), clip.levels.get(zone_id))


def _is_true(change: IncidentChange, clip: DescribedClip) -> bool:
    """Whether people saw it too. Congestion is true in a zone that people saw congested."""
    if change.kind is IncidentKind.CONGESTION:
        return bool(clip.levels.get(change.evidence.zone_id or "", frozenset()) & CONGESTED)
    return any(_is_same(change, true) for true in clip.incidents)


def _is_same(change: IncidentChange, true: TrueIncident) -> bool:
    return change.kind is true.kind and true.from_s <= change.at_s <= true.to_s + LATE_S


def _delay_s(true: TrueIncident, raised: Iterable[IncidentChange]) -> float | None:
    return next((change.at_s - true.from_s for change in raised if _is_same(change, true)), None)


def _conditions(results: Iterable[FrameResult]) -> tuple[tuple[float, PictureCondition], ...]:
    """When each condition was first reported."""
    first: dict[PictureCondition, float] = {}
    for result in results:
        for condition in result.image.quality.conditions if result.image else ():
            first.setdefault(condition, result.media_time_s)
    return tuple(sorted((at_s, condition) for condition, at_s in first.items()))
