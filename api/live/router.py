"""Routes of live events, latency, live views and single pictures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Header, Query, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from api.cameras.dependencies import BoardDep, KnownCamera
from api.dependencies import SettingsDep, is_same_origin, provided
from api.errors import bad_parameter, problems
from api.live.feed import Kind
from api.live.latency import LatencyMeter
from api.live.messages import FeedFilter
from api.live.positions import Position, format_position, parse_position
from api.live.schemas import LatencyOut
from api.live.service import LiveService

RETRY_MS = 2_000
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
UNKNOWN_CAMERA, OTHER_ORIGIN, GOING_AWAY = 4404, 4403, 1012

router = APIRouter(prefix="/api/v1", tags=["live"])
LiveDep = Annotated[LiveService, provided(LiveService)]
LatencyDep = Annotated[LatencyMeter, provided(LatencyMeter)]


class EventStream(StreamingResponse):
    """Server-sent events, encoded already."""

    media_type = "text/event-stream"


def _filter(
    board: BoardDep,
    camera: Annotated[list[str] | None, Query(description="Only these cameras; repeatable.")] = None,
    kind: Annotated[list[Kind] | None, Query(description="Only these kinds; repeatable.")] = None,
) -> FeedFilter:
    for camera_id in camera or ():
        board.require(camera_id)
    return FeedFilter(frozenset(camera or ()), frozenset(kind or ()))


def _after(
    settings: SettingsDep,
    header: Annotated[str | None, Header(alias="Last-Event-ID", description="Resume after this event.")] = None,
    last_event_id: Annotated[
        str | None, Query(description="The same, for clients that cannot set the header; the header wins.")
    ] = None,
) -> Position | None:
    text = header or last_event_id
    if not text:
        return None
    try:
        return parse_position(text, settings.event_shards)
    except ValueError as error:
        remedy = "send the id of an event of this stream, or none to start from now"
        raise bad_parameter("Last-Event-ID", str(error), remedy) from error


@router.get(
    "/events",
    response_class=EventStream,
    operation_id="followEvents",
    summary="Follow events and health",
    response_description=f"Server-sent events: {', '.join(get_args(Kind))}.",
    responses=problems(404, 422),
)
async def follow_events(
    live: LiveDep,
    wanted: Annotated[FeedFilter, Depends(_filter)],
    after: Annotated[Position | None, Depends(_after)],
) -> Response:
    """Events as they happen, and every camera's health every second.

    A message's `id` resumes the stream after it, without gaps and duplicates, as long as Redis keeps the events;
    browsers send it by themselves. A client that is too slow is disconnected, and can resume.
    """
    position = after or await live.position()
    return EventStream(_encoded(live, wanted, position), headers=UNBUFFERED)


async def _encoded(live: LiveService, wanted: FeedFilter, position: Position) -> AsyncIterator[bytes]:
    yield f": ngatu\nid: {format_position(position)}\nretry: {RETRY_MS}\n\n".encode()
    async with aclosing(live.follow(wanted, position)) as batches:
        async for batch in batches:
            if batch.encoded:
                yield batch.encoded


@router.get(
    "/latency",
    operation_id="readLatency",
    summary="Latency from capture to client",
    response_description="Figures of the last minute.",
)
async def read_latency(latency: LatencyDep) -> LatencyOut:
    """How long events take from capture to this process and to its clients."""
    return latency.report()


@router.get(
    "/cameras/{camera_id}/picture.jpg",
    operation_id="readPicture",
    summary="One current picture",
    response_class=Response,
    responses={**problems(404, 504), 200: {"content": {"image/jpeg": {}}}},
)
async def read_picture(live: LiveDep, camera_id: KnownCamera) -> Response:
    """The camera's next frame; 504 with the camera's state if none arrives."""
    jpeg, captured_at = await live.picture(camera_id)
    headers = {"Cache-Control": "no-store", "X-Captured-At": captured_at.isoformat()}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


@router.websocket("/cameras/{camera_id}/live")
async def watch_live(websocket: WebSocket, live: LiveDep, board: BoardDep, camera_id: str) -> None:
    """A camera's live views as packed binary messages; only the newest."""
    await websocket.accept()
    if not is_same_origin(websocket):
        await websocket.close(OTHER_ORIGIN, "the page's origin is not the service's")
        return
    if camera_id not in board.ids():
        await websocket.close(UNKNOWN_CAMERA, f"there is no camera {camera_id!r}"[:120])
        return
    async with live.watch(camera_id) as viewer:
        tasks = {
            asyncio.create_task(_until_disconnected(websocket)),
            asyncio.create_task(_send_views(websocket, viewer.next)),
            asyncio.create_task(live.closing.wait()),
        }
        _, unfinished = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if live.closing.is_set():
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(GOING_AWAY, "the service restarts")


async def _until_disconnected(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _send_views(websocket: WebSocket, next_view: Callable[[], Awaitable[bytes]]) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.send_bytes(await next_view())
