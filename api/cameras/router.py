"""Routes of the cameras."""

from typing import Annotated

from fastapi import APIRouter

from api.cameras.dependencies import KnownCamera
from api.cameras.schemas import CameraList, CameraOut
from api.cameras.service import CameraService
from api.dependencies import provided
from api.errors import problems

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])
CamerasDep = Annotated[CameraService, provided(CameraService)]


@router.get("", operation_id="listCameras", summary="All cameras", responses=problems(503))
async def list_cameras(cameras: CamerasDep) -> CameraList:
    """Each camera's configuration, health and today's counts."""
    return await cameras.cameras()


@router.get("/{camera_id}", operation_id="readCamera", summary="One camera", responses=problems(404, 503))
async def read_camera(cameras: CamerasDep, camera_id: KnownCamera) -> CameraOut:
    """The camera's configuration, health and today's counts."""
    return await cameras.camera(camera_id)
