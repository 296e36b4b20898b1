"""Routes of the service's own health, outside /api/v1, where orchestrators expect them."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.dependencies import provided
from api.health.schemas import Alive, Ready
from api.health.service import HealthService

router = APIRouter(tags=["health"])
HealthDep = Annotated[HealthService, provided(HealthService)]


@router.get("/healthz", operation_id="isAlive", summary="Whether the process is alive")
async def is_alive() -> Alive:
    """Responds as long as the process runs, whatever it depends on."""
    return Alive(version=version("ngatu"))


@router.get(
    "/readyz",
    operation_id="isReady",
    summary="Whether the service can do its work",
    responses={503: {"model": Ready, "description": "Not ready, with the reasons"}},
)
async def is_ready(health: HealthDep, response: Response) -> Ready:
    """Redis, the database and the database's lag; 503 with the reasons if one of them fails."""
    ready = await health.readiness()
    response.status_code = 200 if ready.ready else 503
    return ready


@router.get(
    "/metrics",
    operation_id="readMetrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def read_metrics(health: HealthDep) -> Response:
    """This process's metrics, and every camera's from its last report."""
    return Response(await health.metrics(), media_type=CONTENT_TYPE_LATEST)
