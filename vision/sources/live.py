"""Capture in a thread of its own, so that decoding never waits for whoever uses the frames."""

import threading
from collections.abc import Callable, Iterator

from vision.core import Frame
from vision.sources.pictures import Picture, PictureConverter
from vision.sources.slot import NewestSlot
from vision.sources.status import StatusBoard

POLL_S = 0.1
JOIN_S = 0.3


class LiveFeed:
    """Runs a capture beside its user and hands over the newest due picture, converted only when it is taken.

    The capture puts pictures into `slot` and returns soon after `ending` is set. A capture that sits in a blocking read
    is left to its read timeout: nobody waits for it.
    """

    def __init__(self, camera_id: str, board: StatusBoard, stop: threading.Event) -> None:
        self.slot: NewestSlot[Picture] = NewestSlot()
        self.ending = threading.Event()
        self._camera_id = camera_id
        self._board = board
        self._stop = stop
        self._failure: BaseException | None = None

    def frames(self, capture: Callable[[], None]) -> Iterator[Frame]:
        """Yield frames until the capture returns or the stop is set. What the capture raises is raised here."""
        thread = threading.Thread(target=self._run, args=(capture,), name=f"capture-{self._camera_id}", daemon=True)
        thread.start()
        try:
            yield from self._taken()
        finally:
            self.ending.set()
            thread.join(JOIN_S)
        if self._failure is not None:
            raise self._failure

    def _taken(self) -> Iterator[Frame]:
        converter = PictureConverter(self._camera_id)
        while not self._stop.is_set():
            picture = self.slot.take(POLL_S)
            if picture is not None:
                self._board.converted()
                yield converter.to_frame(picture)
            elif self.slot.is_closed:
                return

    def _run(self, capture: Callable[[], None]) -> None:
        try:
            capture()
        except Exception as failure:  # noqa: BLE001 - raised again in the thread that takes the frames
            self._failure = failure
        finally:
            self.slot.close()
