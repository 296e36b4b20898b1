"""What clients get live: events with every camera's health, live views, and single pictures."""

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import datetime

from api.cameras.board import HealthBoard
from api.errors import ProblemError
from api.live.feed import EventFeed, FeedFilter, FeedMessage, Stream, age_s
from api.live.latency import LatencyMeter
from api.live.positions import Position
from api.live.views import LiveHub, Viewer
from vision.contracts.live import unpack

PICTURE_TIMEOUT_S = 6.0


class LiveService:
    """Serves followers and viewers until the service shuts down."""

    def __init__(self, feed: EventFeed, hub: LiveHub, board: HealthBoard, latency: LatencyMeter) -> None:
        self._feed = feed
        self._hub = hub
        self._board = board
        self._latency = latency
        self.closing = asyncio.Event()
        """Set when the service shuts down."""

    def close(self) -> None:
        """End all followers' and viewers' streams, so that a shutdown need not wait for them."""
        self.closing.set()
        self._feed.close()

    async def position(self) -> Position:
        """The position of the newest event."""
        return await self._feed.settled()

    async def follow(self, wanted: FeedFilter, position: Position) -> Stream:
        """All cameras' current health, then messages after the position; each with the position to resume after it."""
        for status in self._board.statuses():
            message = FeedMessage("health", status.camera_id, status.model_dump_json())
            if wanted.accepts(message):
                yield message, position
        live_from = self._feed.position()
        async with aclosing(self._feed.follow(wanted, position)) as messages:
            async for message, reached in messages:
                if message.captured_at is not None and message.is_after(live_from):
                    self._latency.delivered(age_s(message.captured_at))
                yield message, reached

    def watch(self, camera_id: str) -> AbstractAsyncContextManager[Viewer]:
        """A viewer of a camera's live views."""
        return self._hub.watch(camera_id)

    async def picture(self, camera_id: str) -> tuple[bytes, datetime]:
        """The camera's next frame as JPEG, and its capture time.

        Raises:
            ProblemError: 504 with the camera's state, no frame arrived in time.
        """
        async with self._hub.watch(camera_id) as viewer:
            try:
                view, jpeg = unpack(await asyncio.wait_for(viewer.next(), PICTURE_TIMEOUT_S))
            except TimeoutError:
                status = self._board.status(camera_id)
                detail = f"camera {camera_id!r} sent no frame within {PICTURE_TIMEOUT_S:g} s: it is {status.state}"
                reason = f", {status.reason}" if status.reason else ""
                raise ProblemError(504, "no-picture", detail + reason) from None
        return jpeg, view.captured_at
