"""How wrong a detector and a tracker are: levels of noise for the virtual camera."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """What goes wrong between the road and the tracks. Zeros: nothing."""

    name: str
    centre_jitter: tuple[float, float] = (0.0, 0.0)
    """Standard deviation of a box's centre, as parts of its width and height."""
    size_jitter: tuple[float, float] = (0.0, 0.0)
    """The same of its width and height."""
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
            centre_jitter=(2 * self.centre_jitter[0], 2 * self.centre_jitter[1]),
            size_jitter=(2 * self.size_jitter[0], 2 * self.size_jitter[1]),
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
    centre_jitter=(0.018, 0.026),
    size_jitter=(0.033, 0.052),
    jitter_correlation=0.5,
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
detections are"): medians of the trembling of moving vehicles, and the part of the time in which it is several times
greater; looks at which a track is not seen; switches of the tracker's ids, on two street cameras with queues; wrong
classes; boxes that nothing explains, less what may be vehicles that nobody marked; motorcycles taken for one in dense
pictures. Frames are dropped as on a busy machine."""
LEVELS: dict[str, NoiseLevel] = {level.name: level for level in (CLEAN, MEASURED, MEASURED.doubled("double"))}
