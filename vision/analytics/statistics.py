"""Percentiles of measured values, and wall-clock intervals."""

from datetime import UTC, datetime, timedelta

import numpy as np

from vision.analytics.kinematics.state import Floats
from vision.contracts.measures import Spread

EPOCH = datetime.fromtimestamp(0, UTC)


def percentiles(values: Floats) -> Spread | None:
    """Mean and linearly interpolated percentiles of the values (K,), without NaN; `None` where there are none.

    Examples:
        >>> percentiles(np.array([1.0, 2.0, np.nan, 3.0])).median
        2.0
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    p15, median, p85 = np.percentile(known, [15, 50, 85]).tolist()
    return Spread(count=len(known), mean=float(known.mean()), median=median, p15=p15, p85=p85)


def floor_to_interval(moment: datetime, length: timedelta) -> datetime:
    """The start of the interval of this length, aligned to UTC, that contains the moment.

    Examples:
        >>> floor_to_interval(datetime(2026, 5, 4, 12, 7, tzinfo=UTC), timedelta(minutes=5)).minute
        5
    """
    return EPOCH + (moment - EPOCH) // length * length
