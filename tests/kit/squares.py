"""A small clip and a model that detects its vehicles."""

from pathlib import Path

import pytest

from tests.kit.spine_kit import make_clip, make_model


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `road.mp4`, in which four white squares drive to the right, and their detector `squares.onnx`."""
    folder = tmp_path_factory.mktemp("squares")
    make_clip(folder / "road.mp4", laps=4)
    make_model(folder / "squares.onnx")
    return folder
