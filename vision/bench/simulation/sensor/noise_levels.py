"""Noise levels of the virtual detector and tracker: none, as measured on real clips, and twice as much."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """Error rates between the road and the tracks. All zeros: perfect tracks.

    Examples:
        >>> MEASURED.miss_rate, MEASURED.doubled("double").miss_rate
        (0.09, 0.18)
    """

    name: str
    centre_jitter: float = 0.0
    """Standard deviation of a box's horizontal centre, as a fraction of its width."""
    width_jitter: float = 0.0
    """The same for its width."""
    top_jitter: float = 0.0
    bottom_jitter: float = 0.0
    """The same for its top and bottom edge, as fractions of its height. Independent: the bottom edge errs less."""
    jitter_correlation: float = 0.0
    """Correlation of the jitter of consecutive frames, at 12 fps."""
    high_jitter_share: float = 0.0
    """Share of the time in which a box jitters several times more, as partly occluded vehicles do."""
    miss_rate: float = 0.0
    """Share of the frames in which a fully visible vehicle is not detected."""
    miss_duration_s: float = 0.2
    """Mean duration of a miss."""
    id_switches_per_minute: float = 0.0
    """Per track."""
    class_flip_rate: float = 0.0
    """Share of the frames in which a vehicle is detected as another class."""
    false_positives_per_frame: float = 0.0
    merge_rate: float = 0.0
    """Share of the frames in which two overlapping two-wheelers are detected as one."""
    drop_rate: float = 0.0
    """Share of the frames that are never analysed."""

    def doubled(self, name: str) -> "NoiseLevel":
        """Every error twice as large or twice as frequent."""
        return NoiseLevel(
            name=name,
            centre_jitter=2 * self.centre_jitter,
            width_jitter=2 * self.width_jitter,
            top_jitter=2 * self.top_jitter,
            bottom_jitter=2 * self.bottom_jitter,
            high_jitter_share=self.high_jitter_share,
            jitter_correlation=self.jitter_correlation,
            miss_rate=min(2 * self.miss_rate, 0.9),
            miss_duration_s=2 * self.miss_duration_s,
            id_switches_per_minute=2 * self.id_switches_per_minute,
            class_flip_rate=min(2 * self.class_flip_rate, 0.5),
            false_positives_per_frame=2 * self.false_positives_per_frame,
            merge_rate=min(2 * self.merge_rate, 0.9),
            drop_rate=min(2 * self.drop_rate, 0.5),
        )


CLEAN = NoiseLevel("clean")
MEASURED = NoiseLevel(
    "measured",
    centre_jitter=0.020,
    width_jitter=0.036,
    top_jitter=0.053,
    bottom_jitter=0.021,
    jitter_correlation=0.68,
    high_jitter_share=0.15,
    miss_rate=0.09,
    miss_duration_s=0.25,
    id_switches_per_minute=3.6,
    class_flip_rate=0.038,
    false_positives_per_frame=0.3,
    merge_rate=0.043,
    drop_rate=0.02,
)
"""Measured by `ngatu bench noise` on real clips with yolo26n at 12 fps (docs/benchmarks.md).

- Jitter: with these values the benchmark's estimator finds on simulated boxes what it finds on moving vehicles.
- Misses: frames without an observation between the first and the last of a track.
- ID switches: of ngatu's tracker on two street cameras with queues.
- False positives: unexplained detections, less those that may be vehicles without a label.
- Merges: motorcycles in dense labelled images.
- Dropped frames: as on a busy machine.
"""
LEVELS: dict[str, NoiseLevel] = {level.name: level for level in (CLEAN, MEASURED, MEASURED.doubled("double"))}
