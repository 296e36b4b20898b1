"""How noisy tracks look from within, where nobody knows the truth: any clip will do."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.clips.replay import Seen
from vision.config.camera import TrackingConfig
from vision.tracking import Tracker

Floats = NDArray[np.float64]
WINDOW_S = 1.0
FEWEST = 9
"""Looks that a window must have."""


@dataclass(frozen=True, slots=True)
class TrackNoise:
    """What the tracks of one clip show. Jitter in parts of the box's own size."""

    clip: str
    tracks: int
    track_minutes: float
    centre_jitter: float
    """Around a parabola through a second of the centre's way (constant acceleration), along the box's width and height;
    median over windows of the larger of the two. NaN where no track lasted."""
    foot_jitter: float
    """The same, of the box's lower edge."""
    size_jitter: float
    """The same, of the logarithm of its sides."""
    jitter_p90: float
    """The 90th percentile of `centre_jitter`'s windows."""
    blink_rate: float
    """Looks between a track's first and last that did not see it."""
    blink_p95_s: float


def track_noise(clip: str, seen: Iterable[Seen], fps: float) -> TrackNoise:
    """Track a clip with the default settings and measure each track against its own smooth way."""
    ways, looks_s = _ways(seen, fps)
    windows = np.array([w for way in ways for w in _windows(way)]).reshape(-1, 3)
    blinks = [b for way in ways for b in _blinks_s(way[:, 0], looks_s)]
    spanned = sum(int(((looks_s >= way[0, 0]) & (looks_s <= way[-1, 0])).sum()) for way in ways)
    middle = np.median(windows, axis=0) if len(windows) else np.full(3, np.nan)
    return TrackNoise(
        clip=clip,
        tracks=len(ways),
        track_minutes=sum(way[-1, 0] - way[0, 0] for way in ways) / 60,
        centre_jitter=float(middle[0]),
        foot_jitter=float(middle[1]),
        size_jitter=float(middle[2]),
        jitter_p90=float(np.quantile(windows[:, 0], 0.9)) if len(windows) else np.nan,
        blink_rate=1 - sum(map(len, ways)) / spanned if spanned else 0.0,
        blink_p95_s=float(np.quantile(blinks, 0.95)) if blinks else 0.0,
    )


def _ways(seen: Iterable[Seen], fps: float) -> tuple[list[Floats], Floats]:
    """Each track's (N, 5) times and boxes, of tracks seen more than once, and the times of all looks."""
    tracker = Tracker(TrackingConfig(), fps=fps)
    rows: defaultdict[int, list[tuple[float, ...]]] = defaultdict(list)
    looks_s: list[float] = []
    for frame, detections in seen:
        looks_s.append(frame.media_time_s)
        for sighting in tracker.update(detections, frame.media_time_s):
            for track_id, box in zip(sighting.tracks.track_id.tolist(), sighting.tracks.xyxy.tolist(), strict=True):
                rows[track_id].append((sighting.at_s, *box))
    return [np.unique(np.array(way), axis=0) for way in rows.values() if len(way) > 1], np.array(looks_s)


def _windows(way: Floats) -> list[tuple[float, float, float]]:
    """Jitter of centre, foot and size in each second of a track."""
    number = ((way[:, 0] - way[0, 0]) // WINDOW_S).astype(int)
    return [_jitter(way[number == n]) for n in np.unique(number) if (number == n).sum() >= FEWEST]


def _jitter(way: Floats) -> tuple[float, float, float]:
    at_s, (x0, y0, x1, y1) = way[:, 0], way[:, 1:].T
    width, height = (x1 - x0).mean(), (y1 - y0).mean()
    centre = max(_rest(at_s, (x0 + x1) / 2 / width), _rest(at_s, (y0 + y1) / 2 / height))
    size = max(_rest(at_s, np.log(x1 - x0)), _rest(at_s, np.log(y1 - y0)))
    return centre, _rest(at_s, y1 / height), size


def _rest(at_s: Floats, value: Floats) -> float:
    """Standard deviation around a parabola."""
    t = at_s - at_s[0]
    rest = value - np.polyval(np.polyfit(t, value, 2), t)
    return float(np.sqrt((rest**2).sum() / (len(rest) - 3)))


def _blinks_s(at_s: Floats, looks_s: Floats) -> Floats:
    """How long a track was not seen, each time between two sightings with a look in between; seconds."""
    places = np.searchsorted(looks_s, at_s)
    missed = np.diff(places) > 1
    gaps: Floats = np.diff(at_s)[missed]
    return gaps
