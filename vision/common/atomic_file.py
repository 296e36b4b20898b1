"""Writes files atomically: a reader sees the old or the new content, never a part."""

import os
import tempfile
from pathlib import Path

NEW_FILE_MODE = 0o644


def write_atomically(target: Path, content: bytes, *, new_mode: int = NEW_FILE_MODE) -> None:
    """Replace the file's content in one step, synced to the disk; its permissions stay, a new one has `new_mode`.

    Raises:
        OSError: it cannot be written; the file is unchanged.
    """
    mode = target.stat().st_mode & 0o7777 if target.exists() else new_mode
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
