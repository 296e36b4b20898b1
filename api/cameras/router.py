"""Routes of the cameras."""

from fastapi import APIRouter

from api.cameras.schemas import CameraList, CameraOut
from api.dependencies import KnownCamera, ServicesDep
from api.errors import problems

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])


@router.get("", operation_id="listCameras", summary="All cameras", responses=problems(503))
async def list_cameras(services: ServicesDep) -> CameraList:
    """What each camera's file says, how it is, and what it has counted today."""
    return await services.cameras.cameras()


@router.get("/{camera_id}", operation_id="readCamera", summary="One camera", responses=problems(404, 503))
async def read_camera(services: ServicesDep, camera_id: KnownCamera) -> CameraOut:
    """What its file says, how it is, and what it has counted today."""
    return await services.cameras.camera(camera_id)
