"""The route by which a signal's controller tells what it shows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from redis.exceptions import RedisError

from api.dependencies import KnownCamera, Services, ServicesDep
from api.errors import ProblemError, bad_parameter, problems
from api.origin import same_origin
from api.signals.schemas import LightShown, SignalAccepted
from vision.config.bus import explain
from vision.config.zones import ControllerConfig
from vision.contracts import SignalUpdate, keys

AHEAD_AT_MOST = timedelta(seconds=2)
"""A state from further in the future would be believed for too long."""

router = APIRouter(prefix="/api/v1/cameras", tags=["signals"])


def _own_page(request: Request) -> None:
    if not same_origin(request):
        raise ProblemError(403, "other-origin", "this page's origin is not the service's; send no Origin, or its own")


@router.post(
    "/{camera_id}/signals/{signal_id}",
    status_code=202,
    operation_id="tellSignal",
    summary="Tell what a signal shows",
    responses=problems(403, 404, 422, 503),
    dependencies=[Depends(_own_page)],
)
async def tell_signal(
    services: ServicesDep,
    camera_id: KnownCamera,
    signal_id: Annotated[str, Path(description="A signal's id in the camera's file.", examples=["south-arm"])],
    shown: LightShown,
) -> SignalAccepted:
    """Hands a signal's state on to the camera's worker. Repeat it each second: nobody keeps it."""
    _require_told_signal(services, camera_id, signal_id)
    now = datetime.now(UTC)
    at = shown.at or now
    if at > now + AHEAD_AT_MOST:
        ahead_s = (at - now).total_seconds()
        raise bad_parameter("body.at", f"{ahead_s:.0f} s in the future", "set the controller's clock, or leave it out")
    told = SignalUpdate(camera_id=camera_id, signal_id=signal_id, light=shown.light, at=at)
    try:
        heard_by = await services.redis.publish(keys.signal_channel(camera_id), told.model_dump_json())
    except (RedisError, OSError) as error:
        raise ProblemError(503, "redis-away", explain(error, services.settings.redis_url)) from error
    return SignalAccepted(told=told, heard_by=heard_by)


def _require_told_signal(services: Services, camera_id: str, signal_id: str) -> None:
    """Of a camera whose file is not in this service's folder, its worker knows the signals."""
    config = services.files.now.cameras.get(camera_id)
    if config is None:
        return
    signals = {signal.id: signal for signal in config.signals}
    if signal_id not in signals:
        names = ", ".join(sorted(signals)) or "none; add one under `signals` in its file"
        detail = f"camera {camera_id!r} has no signal {signal_id!r}; signals: {names}"
        raise ProblemError(404, "unknown-signal", detail)
    if not isinstance(signals[signal_id].state, ControllerConfig):
        kind = signals[signal_id].state.kind
        remedy = "write `kind: controller` under its `state` for it to be told"
        raise bad_parameter("signal_id", f"signal {signal_id!r} is known by its {kind}", remedy)
