"""How wrong a detector and a tracker are: levels of noise for the virtual camera."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """What goes wrong between the road and the tracks. Zeros: nothing."""

    name: str
    centre_jitter: float = 0.0
    """Standard deviation of a box's centre across the picture, as a part of its width."""
    width_jitter: float = 0.0
    """The same of its width."""
    top_jitter: float = 0.0
    foot_jitter: float = 0.0
    """The same of its upper and its lower edge, as parts of its height: the edges err apart, and the lower one less."""
    jitter_correlation: float = 0.0
    """Of the jitter of one look with that of the next, at 12 looks a second."""
    rough_part: float = 0.0
    """Part of the time in which a box trembles much more: its vehicle is half hidden."""
    miss_rate: float = 0.0
    """Part of the looks at which a vehicle in plain sight is not detected."""
    miss_burst_s: float = 0.2
    """How long it is missed on average."""
    id_switches_per_minute: float = 0.0
    """Of each track."""
    class_flip_rate: float = 0.0
    """Part of the looks at which a vehicle is taken for one of another class."""
    false_positives_per_frame: float = 0.0
    merge_rate: float = 0.0
    """Part of the looks at which a two-wheeler that overlaps another is taken for one with it."""
    drop_rate: float = 0.0
    """Part of the frames that are never looked at."""

    def doubled(self, name: str) -> "NoiseLevel":
        """Everything twice as bad."""
        return NoiseLevel(
            name=name,
            centre_jitter=2 * self.centre_jitter,
            width_jitter=2 * self.width_jitter,
            top_jitter=2 * self.top_jitter,
            foot_jitter=2 * self.foot_jitter,
            rough_part=self.rough_part,
            jitter_correlation=self.jitter_correlation,
            miss_rate=min(2 * self.miss_rate, 0.9),
            miss_burst_s=2 * self.miss_burst_s,
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
    foot_jitter=0.021,
    jitter_correlation=0.68,
    rough_part=0.15,
    miss_rate=0.09,
    miss_burst_s=0.25,
    id_switches_per_minute=3.6,
    class_flip_rate=0.038,
    false_positives_per_frame=0.3,
    merge_rate=0.043,
    drop_rate=0.02,
)
"""What `ngatu bench noise` measured on real clips with yolo26n at 12 looks a second (docs/benchmarks.md, "How noisy
detections are"): a trembling of which the same estimator says what it says of moving vehicles, and the part of the
time in which it is several times greater; looks at which a track is not seen; switches of the tracker's ids, on two
street cameras with queues; wrong classes; boxes that nothing explains, less what may be vehicles that nobody marked;
motorcycles taken for one in dense pictures. Frames are dropped as on a busy machine."""
LEVELS: dict[str, NoiseLevel] = {level.name: level for level in (CLEAN, MEASURED, MEASURED.doubled("double"))}
