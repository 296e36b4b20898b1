"""How single values lie."""

import numpy as np

from vision.analytics.kinematics.state import Floats
from vision.contracts.measures import Spread


def percentiles(values: Floats) -> Spread | None:
    """Mean and percentiles of the values (K,), NaN left out; `None` of nothing. Percentiles are interpolated."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    p15, median, p85 = np.percentile(known, [15, 50, 85]).tolist()
    return Spread(count=len(known), mean=float(known.mean()), median=median, p15=p15, p85=p85)
