"""Where data lies: what comes with the code, and what was fetched or made on this machine."""

import os
from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[1]


def data_dir(name: Literal["models", "sample_videos", "camera_configs"]) -> Path:
    """The folder of model cards, of clip cards, or of camera files: in a wheel inside the package, else beside it."""
    installed = _PACKAGE / "data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def cache_dir(name: Literal["models", "samples", "streams", "bench"]) -> Path:
    """Where weights, clips, clips fit for streaming, or benchmarks' tools are kept.

    Under `$NGATU_CACHE`, else `~/.cache/ngatu`.
    """
    return Path(os.environ.get("NGATU_CACHE") or Path.home() / ".cache" / "ngatu") / name
