"""What clients get live: events with every camera's health, live views, and single pictures."""

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import datetime

from api.cameras.board import HealthBoard
from api.errors import ProblemError
from api.live.feed import EventFeed, Stream, age_s
from api.live.latency import LatencyMeter
from api.live.messages import Batch, FeedFilter, FeedMessage
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
        """All cameras' current health, then messages after the position."""
        health = [
            FeedMessage("health", s.camera_id, s.model_dump_json(), reached=position) for s in self._board.statuses()
        ]
        yield Batch.of([message for message in health if wanted.accepts(message)])
        live_from = self._feed.position()
        async with aclosing(self._feed.follow(wanted, position)) as batches:
            async for batch in batches:
                oldest = next((m.captured_at for m in batch.messages if m.captured_at and m.is_after(live_from)), None)
                if oldest is not None:
                    self._latency.delivered(age_s(oldest))
                yield batch

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
