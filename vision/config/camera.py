"""The configuration of one camera: its stream, lines, zones, signals, calibration and incidents."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Self, TypeVar

from pydantic import Field, field_validator, model_validator

from vision.common.object_class import ObjectClass
from vision.config.base import Config, Duration, Fraction, Slug, refuse
from vision.config.calibration import CalibrationConfig
from vision.config.incidents import IncidentsConfig
from vision.config.lines import LineConfig, MovementConfig
from vision.config.measures import MeasuresConfig
from vision.config.sources import Source
from vision.config.zones import SignalConfig, ZoneConfig

Identified = TypeVar("Identified", LineConfig, MovementConfig, ZoneConfig, SignalConfig)
Mistake = tuple[tuple[int | str, ...], str]


class DetectionConfig(Config):
    """How often vehicles are detected, and from which confidence."""

    fps: float = Field(
        12,
        title="Detection rate",
        description="Frames analysed per second. Other frames are decoded and skipped.",
        ge=1,
        le=60,
    )
    confidence: Fraction = Field(
        0.1, title="Minimum confidence", description="Weaker detections are dropped before the tracker."
    )
    confidence_by_class: dict[ObjectClass, Fraction] = Field(
        default_factory=dict, title="Minimum confidence by class", description="Overrides the general one for a class."
    )


class TrackingConfig(Config):
    """How detections become tracks."""

    activation: Fraction = Field(
        0.25, title="Activation", description="A track starts at a detection with at least this confidence."
    )
    minimum_iou: Fraction = Field(
        0.1,
        title="Minimum IoU",
        description="Boxes of one vehicle in successive frames, each enlarged by 30 %, overlap at least this much.",
    )
    confirm_after: int = Field(
        2, title="Confirm after", description="Successive detections that confirm a track.", ge=1, le=30
    )
    lost_after: Duration = Field(
        timedelta(seconds=2),
        title="Lost after",
        description="A track that is not detected for this long ends.",
        ge=timedelta(seconds=0.1),
        le=timedelta(seconds=30),
    )


class CameraConfig(Config):
    """One camera, as its file in `camera_configs/` describes it."""

    id: Slug = Field(title="Id", description="The file's name without `.yaml`.")
    name: str = Field("", title="Name", description="What people call the place.", max_length=120)
    enabled: bool = Field(True, title="Enabled", description="Off: the file stays, the camera is not analysed.")
    source: Source = Field(title="Source", description="Where the pictures come from.")
    interval: Duration = Field(
        timedelta(seconds=60),
        title="Reporting interval",
        description="Flow is reported for intervals of this length, aligned to the clock.",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )
    detection: DetectionConfig = Field(
        default_factory=DetectionConfig,
        title="Detection",
        description="How often vehicles are detected, and from which confidence.",
    )
    tracking: TrackingConfig = Field(
        default_factory=TrackingConfig,
        title="Tracking",
        description="How detections become tracks.",
    )
    lines: tuple[LineConfig, ...] = Field(
        (), title="Counting lines", description="Where vehicles are counted.", max_length=64
    )
    movements: tuple[MovementConfig, ...] = Field(
        (), title="Movements", description="From which line or zone to which vehicles are counted.", max_length=256
    )

    zones: tuple[ZoneConfig, ...] = Field(
        (), title="Zones", description="Areas of the road that are measured and monitored.", max_length=64
    )
    signals: tuple[SignalConfig, ...] = Field(
        (), title="Signals", description="Traffic lights that zones refer to.", max_length=32
    )
    calibration: CalibrationConfig | None = Field(
        None, title="Calibration", description="Converts pixels to metres. Unset: speeds are relative, never in km/h."
    )
    measures: MeasuresConfig = Field(
        default_factory=MeasuresConfig, title="Measures", description="How traffic is measured."
    )
    incidents: IncidentsConfig = Field(
        default_factory=IncidentsConfig, title="Incidents", description="Which incidents are detected."
    )

    @field_validator("lines", "movements", "zones", "signals", mode="after")
    @classmethod
    def _ids_are_unique(cls, items: tuple[Identified, ...]) -> tuple[Identified, ...]:
        ids = [item.id for item in items]
        refuse(
            ((number, "id"), f"the id {item.id!r} is used twice: give each its own")
            for number, item in enumerate(items)
            if item.id in ids[:number]
        )
        return items

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        refuse([*self._ids_shared_with_lines(), *self._unknown_places_of_movements(), *self._unknown_names_in_zones()])
        return self

    def _ids_shared_with_lines(self) -> Iterator[Mistake]:
        lines = {line.id for line in self.lines}
        for number, zone in enumerate(self.zones):
            if zone.id in lines:
                yield (
                    ("zones", number, "id"),
                    f"a line is called {zone.id!r} too: movements could mean either; rename one",
                )

    def _unknown_places_of_movements(self) -> Iterator[Mistake]:
        lines, zones = [line.id for line in self.lines], [zone.id for zone in self.zones]
        for number, movement in enumerate(self.movements):
            places = [("entry", movement.entry), ("exit", movement.exit), *(("via", place) for place in movement.via)]
            for end, place in places:
                if place not in lines and place not in zones:
                    known = f"the lines are {_listed(lines)}" + (f", the zones {_listed(zones)}" if zones else "")
                    yield ("movements", number, end), f"there is no line {place!r}: {known}"

    def _unknown_names_in_zones(self) -> Iterator[Mistake]:
        lines, signals = [line.id for line in self.lines], [signal.id for signal in self.signals]
        for number, zone in enumerate(self.zones):
            for key, kind, known in (
                ("stop_line", "line", lines),
                ("spillback_line", "line", lines),
                ("signal", "signal", signals),
            ):
                name = getattr(zone, key)
                if name is not None and name not in known:
                    yield ("zones", number, key), f"there is no {kind} {name!r}: the {kind}s are {_listed(known)}"
            if zone.signal is not None and zone.stop_line is None:
                yield ("zones", number, "signal"), "a signal governs a stop line: name it by `stop_line`"


def _listed(names: list[str]) -> str:
    return ", ".join(sorted(names)) or "none"
