"""The route by which a signal's controller reports what it shows."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.cameras.dependencies import KnownCamera
from api.dependencies import SameOrigin, provided
from api.errors import problems
from api.signals.schemas import LightShown, SignalAccepted
from api.signals.service import SignalService

router = APIRouter(prefix="/api/v1/cameras", tags=["signals"])


@router.post(
    "/{camera_id}/signals/{signal_id}",
    status_code=202,
    operation_id="reportSignal",
    summary="Report what a signal shows",
    responses=problems(400, 403, 404, 408, 413, 422, 503),
    dependencies=[SameOrigin],
)
async def report_signal(
    signals: Annotated[SignalService, provided(SignalService)],
    camera_id: KnownCamera,
    signal_id: Annotated[str, Path(description="A signal's id in the camera's file.", examples=["south-arm"])],
    shown: LightShown,
) -> SignalAccepted:
    """Passes a signal's state on to the camera's worker. Repeat it every second: it is not stored."""
    return await signals.publish(camera_id, signal_id, shown)
