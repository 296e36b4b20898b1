"""The camera files that the service reads; a changed file is read again, outside of any request."""

import asyncio
from pathlib import Path

from vision.config.files.folder import CameraFolder, FolderWatch

POLL_S = 1.0


class CameraFiles:
    """A folder of camera files; `now` holds the cameras in force, which are the supervisor's."""

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        """`state`: the folder where the last good versions of the files survive a restart."""
        self._watch = FolderWatch(folder, state=state)

    @property
    def now(self) -> CameraFolder:
        """The cameras in force, and what is wrong with their files."""
        return self._watch.now

    async def refresh(self) -> None:
        """Read the files that have changed."""
        await asyncio.to_thread(self._watch.poll)

    async def watch(self) -> None:
        """Read changed files every second, for ever: a disk that hangs holds up nothing else."""
        while True:
            await self.refresh()
            await asyncio.sleep(POLL_S)
