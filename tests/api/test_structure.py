"""The rooms of the service: every feature has the same files."""

from pathlib import Path

import pytest

import api

ROOT = Path(api.__file__).parent
FEATURES = sorted(path.parent.name for path in ROOT.glob("*/router.py"))


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_has_a_router_a_service_and_schemas(feature: str) -> None:
    files = {path.name for path in (ROOT / feature).glob("*.py")}
    assert {"__init__.py", "router.py", "schemas.py", "service.py"} <= files


def test_no_feature_is_missing() -> None:
    assert {"cameras", "health", "history", "incidents", "live", "measures", "signals"} <= set(FEATURES)
