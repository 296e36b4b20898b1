"""Free-flow speed of zones: free_flow, bounded, stored."""

import json

import numpy as np
import pytest

from tests.analytics.zones.zones_kit import FREE_MPS
from vision.analytics.zones.free_flow import FreeFlow


def test_free_flow_is_the_default_until_vehicles_were_measured() -> None:
    assert FreeFlow().speed_mps("z", FREE_MPS) == FREE_MPS


def test_free_flow_becomes_the_85th_percentile_of_unhindered_vehicles() -> None:
    free_flow = FreeFlow()
    rng = np.random.default_rng(0)
    for speed_mps in rng.normal(8, 1, 1000):
        free_flow.learn("z", float(speed_mps))
    assert free_flow.speed_mps("z", FREE_MPS) == pytest.approx(8 + 1.04, rel=0.05)
    assert free_flow.speed_mps("elsewhere", FREE_MPS) == FREE_MPS


def test_old_vehicles_fade_and_the_histogram_stays_bounded() -> None:
    free_flow = FreeFlow()
    for speed_mps in [20.0] * 3000 + [10.0] * 20000:
        free_flow.learn("z", speed_mps)
    assert free_flow.counts["z"].sum() <= free_flow.parameters.window_vehicles + 1
    assert free_flow.speed_mps("z", FREE_MPS) == pytest.approx(10, rel=0.05)


def test_free_flow_can_be_stored_and_restored() -> None:
    free_flow = FreeFlow()
    for speed_mps in np.linspace(5, 15, 200):
        free_flow.learn("z", float(speed_mps))
    restored = FreeFlow.from_json(free_flow.to_json())
    assert restored.speed_mps("z", FREE_MPS) == pytest.approx(free_flow.speed_mps("z", FREE_MPS), rel=1e-3)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"edges_mps": [1, 2, 3], "zones": {}})])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        FreeFlow.from_json(text)


def test_impossible_speeds_are_ignored() -> None:
    free_flow = FreeFlow()
    for speed_mps in (0.0, -1.0, 500.0, float("nan"), float("inf")):
        free_flow.learn("z", speed_mps)
    assert free_flow.counts == {}
