"""Percentiles of values, and intervals of the wall clock."""

from datetime import UTC, datetime, timedelta

import numpy as np

from vision.analytics.kinematics.state import Floats
from vision.contracts.measures import Spread

EPOCH = datetime.fromtimestamp(0, UTC)


def percentiles(values: Floats) -> Spread | None:
    """Mean and percentiles of the values (K,), NaN left out; `None` of nothing. Percentiles are interpolated."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    p15, median, p85 = np.percentile(known, [15, 50, 85]).tolist()
    return Spread(count=len(known), mean=float(known.mean()), median=median, p15=p15, p85=p85)


def floor_to_interval(moment: datetime, length: timedelta) -> datetime:
    """When the interval of this length that holds a moment began; aligned to UTC."""
    return EPOCH + (moment - EPOCH) // length * length
