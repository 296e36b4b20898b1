"""Measures the jitter and the gaps of tracks without labels, against their own smooth trajectories."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.clips.replay import DetectedFrame
from vision.config.camera import TrackingConfig
from vision.tracking import Tracker

Floats = NDArray[np.float64]
WINDOW_S = 1.0
MIN_OBSERVATIONS = 9
"""A window needs at least this many observations."""


@dataclass(frozen=True, slots=True)
class TrackNoise:
    """The noise of one clip's tracks. Jitter as a fraction of the box's size."""

    clip: str
    tracks: int
    track_minutes: float
    centre_jitter: float
    """Around a parabola (constant acceleration) fitted to one second of the centre's trajectory, in x and y; median
    over windows of the larger of the two. NaN where no track lasted that long."""
    foot_jitter: float
    """The same for the bottom edge."""
    size_jitter: float
    """The same for the logarithms of the sides."""
    jitter_p90: float
    """The 90th percentile of `centre_jitter`'s windows."""
    blink_rate: float
    """Share of the frames between a track's first and last observation without one."""
    blink_p95_s: float


def track_noise(clip: str, frames: Iterable[DetectedFrame], fps: float) -> TrackNoise:
    """Track a clip with the default settings, and measure each track against its own smooth trajectory."""
    trajectories, frames_s = _trajectories(frames, fps)
    windows = np.array([w for rows in trajectories for w in _windows(rows)]).reshape(-1, 3)
    gaps_s = [gap_s for rows in trajectories for gap_s in _gaps_s(rows[:, 0], frames_s)]
    spanned = sum(int(((frames_s >= rows[0, 0]) & (frames_s <= rows[-1, 0])).sum()) for rows in trajectories)
    middle = np.median(windows, axis=0) if len(windows) else np.full(3, np.nan)
    return TrackNoise(
        clip=clip,
        tracks=len(trajectories),
        track_minutes=sum(rows[-1, 0] - rows[0, 0] for rows in trajectories) / 60,
        centre_jitter=float(middle[0]),
        foot_jitter=float(middle[1]),
        size_jitter=float(middle[2]),
        jitter_p90=float(np.quantile(windows[:, 0], 0.9)) if len(windows) else np.nan,
        blink_rate=1 - sum(map(len, trajectories)) / spanned if spanned else 0.0,
        blink_p95_s=float(np.quantile(gaps_s, 0.95)) if gaps_s else 0.0,
    )


def _trajectories(frames: Iterable[DetectedFrame], fps: float) -> tuple[list[Floats], Floats]:
    """(N, 5) times and boxes of each track with more than one observation, and the times of all frames."""
    tracker = Tracker(TrackingConfig(), fps=fps)
    rows: defaultdict[int, list[tuple[float, ...]]] = defaultdict(list)
    frames_s: list[float] = []
    for frame, detections in frames:
        frames_s.append(frame.media_time_s)
        for known in tracker.update(detections, frame.media_time_s):
            for track_id, box in zip(known.tracks.track_id.tolist(), known.tracks.xyxy.tolist(), strict=True):
                rows[track_id].append((known.at_s, *box))
    return [np.unique(np.array(track), axis=0) for track in rows.values() if len(track) > 1], np.array(frames_s)


def _windows(rows: Floats) -> list[tuple[float, float, float]]:
    """Jitter of centre, bottom edge and size in each second of a track."""
    number = ((rows[:, 0] - rows[0, 0]) // WINDOW_S).astype(int)
    return [_jitter(rows[number == n]) for n in np.unique(number) if (number == n).sum() >= MIN_OBSERVATIONS]


def _jitter(rows: Floats) -> tuple[float, float, float]:
    at_s, (x0, y0, x1, y1) = rows[:, 0], rows[:, 1:].T
    width, height = (x1 - x0).mean(), (y1 - y0).mean()
    centre = max(_residual(at_s, (x0 + x1) / 2 / width), _residual(at_s, (y0 + y1) / 2 / height))
    size = max(_residual(at_s, np.log(x1 - x0)), _residual(at_s, np.log(y1 - y0)))
    return centre, _residual(at_s, y1 / height), size


def _residual(at_s: Floats, value: Floats) -> float:
    """Standard deviation around a fitted parabola."""
    t = at_s - at_s[0]
    residual = value - np.polyval(np.polyfit(t, value, 2), t)
    return float(np.sqrt((residual**2).sum() / (len(residual) - 3)))


def _gaps_s(at_s: Floats, frames_s: Floats) -> Floats:
    """Duration of each gap between two observations with an analysed frame in between, seconds."""
    places = np.searchsorted(frames_s, at_s)
    missed = np.diff(places) > 1
    gaps: Floats = np.diff(at_s)[missed]
    return gaps
