"""Routes of the service's own health; outside /api/v1, where orchestrators look."""

from importlib.metadata import version

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from api.dependencies import ServicesDep
from api.health.metrics import ServiceCollector
from api.health.schemas import Alive, Ready
from api.health.service import lags, readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="isAlive", summary="Is the process alive?")
async def is_alive() -> Alive:
    """Answers as long as the process does; asks nobody else."""
    return Alive(version=version("ngatu"))


@router.get(
    "/readyz",
    operation_id="isReady",
    summary="Can it do its work?",
    responses={503: {"model": Ready, "description": "Not ready, with the reasons"}},
)
async def is_ready(services: ServicesDep, response: Response) -> Ready:
    """Redis, the database and the store's lag; 503 with the reasons where one of them ails."""
    ready = await readiness(services)
    response.status_code = 200 if ready.ready else 503
    return ready


@router.get(
    "/metrics",
    operation_id="readMetrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def read_metrics(services: ServicesDep) -> Response:
    """This process's figures, and every camera's as its worker last told them."""
    collector = ServiceCollector(services)
    try:
        collector.lags = await lags(services)
    except (RedisError, TimeoutError):
        collector.lags = None
    text = generate_latest(services.registry) + generate_latest(collector)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
