"""Where the data that comes with the code lies: beside it in a checkout, inside the package in a wheel."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: Literal["models", "sample_videos", "camera_configs"]) -> Path:
    """The folder of model cards, of clip cards, or of the cameras of the demonstration."""
    installed = _PACKAGE / "data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
