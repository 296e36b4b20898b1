"""Writes small files whole or not at all, so that nobody ever reads half of one."""

import os
import tempfile
from pathlib import Path

NEW_FILE_MODE = 0o644


def write_whole(target: Path, content: bytes) -> None:
    """Put the content in the file's place in one step, safely on the disk before anybody can read it.

    What may read the file stays as it was. Raises OSError, and leaves the file as it was.
    """
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
