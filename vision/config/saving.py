"""Saves camera files: what was not changed stays as it was, comments too, and no half-written file is ever there."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError
from vision.config.loading import camera_of, decode, read_bytes
from vision.config.yaml_edit import edit

NEW_FILE_MODE = 0o644


def save_camera(path: Path, changes: Mapping[str, Any]) -> CameraConfig:
    """Write `changes` into the camera file and return the camera that it describes now.

    `changes` is plain data as in the file or in JSON. Maps are changed key by key, and a key with None is removed; of
    lists, items that are maps keep what they were by their `id`, and other lists are replaced. A file that is not there
    is made. Raises ConfigError, and leaves the file as it was, where the outcome would not be a valid camera; OSError
    where it cannot be written.
    """
    target = path.resolve()
    before = decode(read_bytes(path), path) if target.exists() else ""
    after = _encoded(edit(before, changes, path), path)
    camera = camera_of(after, path)
    _write_whole(target, after)
    return camera


def _encoded(text: str, path: Path) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ConfigError.single("text that no file can hold", "leave out half characters", path=path) from None


def _write_whole(target: Path, content: bytes) -> None:
    """Put the content in the file's place in one step, safely on the disk before anybody can read it."""
    mode = target.stat().st_mode & 0o7777 if target.exists() else NEW_FILE_MODE
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
