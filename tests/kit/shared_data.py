"""The data beside the checkout, and what a test does where something is absent."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
IN_CI = os.environ.get("CI") == "true"


def needs(reason: str) -> None:
    """Skip the test on a developer's machine; fail it in CI, where nothing may be absent."""
    if IN_CI:
        pytest.fail(f"CI must have this: {reason}")
    pytest.skip(reason)
