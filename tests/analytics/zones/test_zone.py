"""Length of a zone along the road."""

import numpy as np
import pytest

from tests.analytics.zones.zones_kit import SIZE, camera, ground_of, road
from vision.analytics.zones.zone import zone_length_m


def test_length_is_configured_or_measured_along_the_direction_of_travel() -> None:
    size_px = np.array(SIZE, np.float64)

    def length(**more: object) -> float | None:
        config = camera([road(40, 90, **more)])
        [zone] = config.zones
        return zone_length_m(zone, np.array(zone.polygon) * size_px, size_px, ground_of(config))

    assert length() == pytest.approx(50)
    assert length(length_m=70) == 70
    assert length(direction={"start": (0.5, 0.4), "end": (0.5, 0.6)}) == pytest.approx(20)
    uncalibrated = camera([road(40, 90)], calibration=None)
    [zone] = uncalibrated.zones
    assert zone_length_m(zone, np.array(zone.polygon) * size_px, size_px, ground_of(uncalibrated)) is None
