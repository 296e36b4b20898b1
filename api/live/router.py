"""Routes of what happens just now: /events, a camera's live view, one picture."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Header, Query, Response, WebSocket, WebSocketDisconnect
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import KnownCamera, ServicesDep, services_of
from api.errors import ProblemError, bad_parameter, problems
from api.live.feed import Kind, Told, Wanted, age_s
from api.live.latency import LatencyOut
from api.live.positions import Position, read_position, write_position
from api.origin import same_origin
from vision.contracts.live import unpack

RETRY_MS = 2_000
PICTURE_WAIT_S = 6.0
UNKNOWN_CAMERA, OTHER_ORIGIN, GOING_AWAY = 4404, 4403, 1012

router = APIRouter(prefix="/api/v1", tags=["live"])


def _wanted(
    services: ServicesDep,
    camera: Annotated[list[str] | None, Query(description="Only these cameras; repeatable.")] = None,
    kind: Annotated[list[Kind] | None, Query(description="Only these kinds; repeatable.")] = None,
) -> Wanted:
    for camera_id in camera or ():
        services.require_camera(camera_id)
    return Wanted(frozenset(camera or ()), frozenset(kind or ()))


def _after(
    services: ServicesDep,
    header: Annotated[str | None, Header(alias="Last-Event-ID", description="Resume after this event.")] = None,
    last_event_id: Annotated[
        str | None, Query(description="The same, for clients that cannot set the header; the header wins.")
    ] = None,
) -> Position | None:
    text = header or last_event_id
    if not text:
        return None
    try:
        return read_position(text, services.settings.event_shards)
    except ValueError as error:
        remedy = "send the id of an event that this stream gave, or none to start from now"
        raise bad_parameter("Last-Event-ID", str(error), remedy) from error


@router.get(
    "/events",
    response_class=EventSourceResponse,
    operation_id="followEvents",
    summary="Follow events and health",
    response_description=f"Server-sent events: {', '.join(get_args(Kind))}.",
    responses=problems(404, 422),
)
async def follow_events(
    services: ServicesDep,
    wanted: Annotated[Wanted, Depends(_wanted)],
    after: Annotated[Position | None, Depends(_after)],
) -> AsyncIterator[ServerSentEvent]:
    """What happens, as it happens, and every camera's health each second.

    Each message's `id` resumes the stream after it, without a gap and without a double, for as long as Redis keeps
    events: browsers send it back by themselves. A client that is too slow is disconnected, and resumes.
    """
    feed, latency = services.feed, services.latency
    position = after or await feed.settled()
    yield ServerSentEvent(comment="ngatu", id=write_position(position), retry=RETRY_MS)
    for status in services.board.statuses():
        told = Told("health", status.camera_id, status.model_dump_json())
        if wanted.takes(told):
            yield _message(told, position)
    live_from = feed.position()
    async for told, reached in feed.follow(wanted, position):
        if told.captured_at is not None and told.is_after(live_from):
            latency.delivered(age_s(told.captured_at))
        yield _message(told, reached)


def _message(told: Told, position: Position) -> ServerSentEvent:
    return ServerSentEvent(event=told.kind, raw_data=told.payload, id=write_position(position))


@router.get(
    "/latency", operation_id="readLatency", summary="From capture to client", response_description="The last minute's."
)
async def read_latency(services: ServicesDep) -> LatencyOut:
    """Whether events are seen within a second of their capture; this process's figures."""
    return services.latency.report()


@router.get(
    "/cameras/{camera_id}/picture.jpg",
    operation_id="readPicture",
    summary="One current picture",
    response_class=Response,
    responses={**problems(404, 504), 200: {"content": {"image/jpeg": {}}}},
)
async def read_picture(services: ServicesDep, camera_id: KnownCamera) -> Response:
    """The camera's next picture; 504 with the camera's state where none comes."""
    async with services.hub.watch(camera_id) as watcher:
        try:
            view, jpeg = unpack(await asyncio.wait_for(watcher.next(), PICTURE_WAIT_S))
        except TimeoutError:
            status = services.board.status(camera_id)
            detail = f"camera {camera_id!r} gave no picture within {PICTURE_WAIT_S:g} s: it is {status.state}"
            reason = f", {status.reason}" if status.reason else ""
            raise ProblemError(504, "no-picture", detail + reason) from None
    headers = {"Cache-Control": "no-store", "X-Captured-At": view.captured_at.isoformat()}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


@router.websocket("/cameras/{camera_id}/live")
async def watch_live(websocket: WebSocket, camera_id: str) -> None:
    """A camera's live views as packed binary messages; the newest only."""
    services = services_of(websocket)
    await websocket.accept()
    if not same_origin(websocket):
        await websocket.close(OTHER_ORIGIN, "this page's origin is not the service's")
        return
    if camera_id not in services.board.ids():
        await websocket.close(UNKNOWN_CAMERA, f"there is no camera {camera_id!r}"[:120])
        return
    async with services.hub.watch(camera_id) as watcher:
        tasks = {
            asyncio.create_task(_until_gone(websocket)),
            asyncio.create_task(_send_views(websocket, watcher.next)),
            asyncio.create_task(services.closing.wait()),
        }
        _, unfinished = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if services.closing.is_set():
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(GOING_AWAY, "the service restarts")


async def _until_gone(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _send_views(websocket: WebSocket, next_view: Callable[[], Awaitable[bytes]]) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.send_bytes(await next_view())
