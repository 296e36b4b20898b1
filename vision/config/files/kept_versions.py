"""Copies of the last good version of each camera file, so that a restart finds them while a file is broken."""

import hashlib
from pathlib import Path

import structlog

from vision.common.atomic_file import write_atomically

FOLDER_MODE = 0o700
FILE_MODE = 0o600
"""A camera file may hold a password."""

log = structlog.get_logger(__name__)


class KeptVersions:
    """The copies for one folder of camera files, in a folder of their own below the state folder.

    A copy that cannot be written or read is logged once and is otherwise as if it had never been made.

    Examples:
        >>> import tempfile
        >>> kept = KeptVersions(Path(tempfile.mkdtemp()), Path("camera_configs"))
        >>> kept.keep("nts-01.yaml", b"id: nts-01")
        >>> kept.content("nts-01.yaml"), kept.names()
        (b'id: nts-01', ['nts-01.yaml'])
    """

    def __init__(self, state: Path, cameras: Path) -> None:
        """`state`: the process's state folder; `cameras`: the folder of the camera files themselves."""
        digest = hashlib.sha256(str(cameras.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
        self._folder = state / "cameras" / digest[:16]
        self._is_failing = False

    def keep(self, name: str, content: bytes) -> None:
        """Replace a file's copy; does nothing where it has this content already."""
        if self.content(name) == content:
            return
        try:
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            write_atomically(self._folder / name, content, new_mode=FILE_MODE)
        except OSError as error:
            self._report(error)

    def content(self, name: str) -> bytes | None:
        """A file's copy; None where there is none."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._report(error)
            return None

    def names(self) -> list[str]:
        """The names of the files that have a copy, sorted."""
        try:
            return sorted(path.name for path in self._folder.iterdir() if not path.name.startswith("."))
        except OSError:
            return []

    def forget(self, name: str) -> None:
        """Delete a file's copy."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            self._report(error)

    def _report(self, error: OSError) -> None:
        if not self._is_failing:
            remedy = "a broken camera file stops its camera at a restart; check the folder that NGATU_STATE names"
            log.warning("copies of camera files not kept", folder=str(self._folder), reason=f"{error}; {remedy}")
        self._is_failing = True
