"""Real clips as if they were live: the levels of their zones and the incidents raised, beside what people saw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vision.analytics.incidents import IncidentChange
from vision.bench.clips.ground_truth import KnownClip, TrueIncident
from vision.bench.clips.replay import DetectedFrame, Replay
from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError
from vision.config.files.loading import load_cameras
from vision.contracts import CongestionLevel, IncidentKind, IncidentPhase, PictureCondition
from vision.core import NgatuError, Tracks
from vision.pipeline import CameraPipeline, FrameResult

TOLD_LATE_S = 10.0
"""An incident may be raised so long after it was over, and is still the true one."""
BAD = frozenset({CongestionLevel.CONGESTED, CongestionLevel.JAMMED})


@dataclass(frozen=True, slots=True)
class ZoneLevel:
    """How congested a zone was found."""

    zone_id: str
    told: tuple[tuple[float, CongestionLevel], ...]
    """Each level that was told and when, media time in seconds."""
    right: frozenset[CongestionLevel] | None
    """`None`: nobody has looked."""

    @property
    def level(self) -> CongestionLevel | None:
        """The last one told; `None`: too little was seen to say."""
        return self.told[-1][1] if self.told else None

    @property
    def agrees(self) -> bool | None:
        return None if self.right is None else self.level in self.right


@dataclass(frozen=True, slots=True)
class FoundIncident:
    """An incident that was raised."""

    raised: IncidentChange
    is_true: bool


@dataclass(frozen=True, slots=True)
class ClipTraffic:
    """What was made of one clip."""

    clip: KnownClip
    camera: CameraConfig
    levels: tuple[ZoneLevel, ...]
    incidents: tuple[FoundIncident, ...]
    delays_s: tuple[float | None, ...]
    """Of each true incident: from its beginning to when it was raised; `None`: it was missed."""
    conditions: tuple[tuple[float, PictureCondition], ...]
    """What was said of the picture, and when."""
    tracks: tuple[tuple[float, Tracks], ...] = field(repr=False)
    """Where the tracks were, for measurements of cost."""

    @property
    def false_incidents(self) -> list[IncidentChange]:
        return [found.raised for found in self.incidents if not found.is_true]


def camera_for(clip: Path, cameras: Sequence[CameraConfig]) -> CameraConfig | None:
    """The camera of a clip: the longest id that the file's name is, or begins with."""
    fitting = [c for c in cameras if clip.stem == c.id or (clip.stem.startswith(c.id) and _parts(clip.stem, c.id))]
    return max(fitting, key=lambda camera: len(camera.id), default=None)


def _parts(stem: str, camera_id: str) -> bool:
    return not stem[len(camera_id)].isalnum()


def cameras_of(folder: Path, clips: Iterable[KnownClip]) -> list[tuple[KnownClip, CameraConfig]]:
    """Each clip with its camera. Raises NgatuError for a clip without one, ConfigError for a bad file."""
    loaded = load_cameras(folder)
    if loaded.problems:
        raise ConfigError(loaded.problems)
    cameras = [camera.config for camera in loaded.cameras.values()]
    pairs = [(clip, camera_for(clip.file, cameras)) for clip in clips]
    without = [clip.file.stem for clip, camera in pairs if camera is None]
    if without:
        raise NgatuError(
            f"{folder}: no camera for {', '.join(without)}: add a file whose id is the clip's name or its beginning"
        )
    return [(clip, camera) for clip, camera in pairs if camera is not None]


def watch_clip(clip: KnownClip, camera: CameraConfig, replay: Replay) -> ClipTraffic:
    """Look at one clip as a worker would at a camera that came on just now."""
    seen = observe(camera, replay.frames(clip.file))
    changes = [change for moment in seen for change in moment.incidents]
    raised = [change for change in changes if change.phase is IncidentPhase.RAISED]
    return ClipTraffic(
        clip=clip,
        camera=camera,
        levels=tuple(_level(zone.id, seen, clip) for zone in camera.zones),
        incidents=tuple(FoundIncident(change, _is_known(change, clip)) for change in raised),
        delays_s=tuple(_delay_s(true, raised) for true in clip.incidents),
        conditions=_conditions(seen),
        tracks=tuple((moment.media_time_s, moment.tracks) for moment in seen),
    )


def observe(camera: CameraConfig, frames: Iterable[DetectedFrame]) -> list[FrameResult]:
    """Everything that a camera's pipeline says, frame by frame."""
    pipeline = CameraPipeline(camera, analyzes_image=True)
    return [pipeline.process(frame, detections) for frame, detections in frames]


def _level(zone_id: str, seen: Iterable[FrameResult], clip: KnownClip) -> ZoneLevel:
    told: list[tuple[float, CongestionLevel]] = []
    for moment in seen:
        states = moment.scene.zones if moment.scene else ()
        level = next((state.congestion for state in states if state.zone.id == zone_id), None)
        if level is not None and (not told or told[-1][1] is not level):
            told.append((moment.media_time_s, level))
    return ZoneLevel(zone_id, tuple(told), clip.levels.get(zone_id))


def _is_known(change: IncidentChange, clip: KnownClip) -> bool:
    """Whether people saw it too. A zone that is congested makes an incident of congestion true."""
    if change.kind is IncidentKind.CONGESTION:
        return bool(clip.levels.get(change.evidence.zone_id or "", frozenset()) & BAD)
    return any(_is_same(change, true) for true in clip.incidents)


def _is_same(change: IncidentChange, true: TrueIncident) -> bool:
    return change.kind is true.kind and true.from_s <= change.at_s <= true.to_s + TOLD_LATE_S


def _delay_s(true: TrueIncident, raised: Iterable[IncidentChange]) -> float | None:
    return next((change.at_s - true.from_s for change in raised if _is_same(change, true)), None)


def _conditions(seen: Iterable[FrameResult]) -> tuple[tuple[float, PictureCondition], ...]:
    """Each condition and when it was told first."""
    first: dict[PictureCondition, float] = {}
    for moment in seen:
        for condition in moment.image.quality.conditions if moment.image else ():
            first.setdefault(condition, moment.media_time_s)
    return tuple(sorted((at_s, condition) for condition, at_s in first.items()))
