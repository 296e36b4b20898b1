"""Saves camera files atomically and keeps everything that does not change, comments included."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vision.common.atomic_file import write_atomically
from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError
from vision.config.files.loading import camera_of, decode, read_bytes
from vision.config.files.yaml_edit import edit


def save_camera(path: Path, changes: Mapping[str, Any]) -> CameraConfig:
    """Write `changes` into the camera file and return the camera that it describes now.

    `changes` is plain data as in the file or in JSON. Maps are changed key by key, and a key with None is removed; in
    lists, maps are matched by their `id`, and other lists are replaced. A missing file is created. Raises ConfigError,
    and leaves the file unchanged, where the result would not be a valid camera; OSError where it cannot be written.
    """
    target = path.resolve()
    before = decode(read_bytes(path), path) if target.exists() else ""
    after = _encoded(edit(before, changes, path), path)
    camera = camera_of(after, path)
    write_atomically(target, after)
    return camera


def _encoded(text: str, path: Path) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ConfigError.single("text that no file can hold", "leave out half characters", path=path) from None
