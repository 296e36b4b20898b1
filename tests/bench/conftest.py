"""The tiny road of the worker's tests, a real clip and a real model, serves here too."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "worker"))


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `road.mp4`, where four white squares drive to the right, and `squares.onnx`, which sees them."""
    from spine_kit import make_clip, make_model  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("squares")
    make_clip(folder / "road.mp4", laps=4)
    make_model(folder / "squares.onnx")
    return folder
