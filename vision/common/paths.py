"""Folders of data: that of the code, and the cache on this machine."""

import os
from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[1]


def data_dir(name: Literal["models", "sample_videos", "camera_configs"]) -> Path:
    """The folder of model cards, clip cards or camera files: inside an installed package, else beside it."""
    installed = _PACKAGE / "data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def cache_dir(name: Literal["models", "samples", "streams", "bench"]) -> Path:
    """The folder of cached weights, clips, streamable clips or benchmark tools.

    It is in `$NGATU_CACHE`, by default `~/.cache/ngatu`.
    """
    return Path(os.environ.get("NGATU_CACHE") or Path.home() / ".cache" / "ngatu") / name
