"""The service as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from api import errors
from api.cameras.router import router as cameras_router
from api.dependencies import CheckedQuery
from api.health.router import router as health_router
from api.history.router import router as history_router
from api.incidents.router import router as incidents_router
from api.live.openapi import describe
from api.live.router import router as live_router
from api.measures.router import router as measures_router
from api.middleware import AllowedHosts, BoundedBodies, HeadAsGet, SecurityHeaders, host_names
from api.services import Services
from api.settings import ServiceSettings
from api.signals.router import router as signals_router

TAGS = [
    {"name": "cameras", "description": "Cameras: configuration, health, today's counts."},
    {"name": "live", "description": "Live events, live views, and their latency."},
    {"name": "signals", "description": "States of traffic lights, reported by their controllers."},
    {"name": "history", "description": "Stored crossings and movements: as lists, by interval, as CSV."},
    {"name": "measures", "description": "Traffic measures of lines and zones, by interval."},
    {"name": "incidents", "description": "Incidents on the road and at cameras, with their history."},
    {"name": "health", "description": "The service's own health, for orchestrators and Prometheus."},
]


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """The application; its database must have been migrated, as `ngatu serve` does by `Database.migrate`.

    Raises:
        BusError, DatabaseError: an address in the settings has no known form.
    """
    settings = settings or ServiceSettings()
    services = Services(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with services.running():
            yield

    app = FastAPI(
        title="ngatu",
        version=version("ngatu"),
        description="Traffic counts, measures and incidents from cameras: live, and as history.",
        openapi_tags=TAGS,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    services.provide_to(app)
    errors.install(app, services.database.explain)
    routers = (cameras_router, signals_router, live_router, history_router, measures_router, incidents_router)
    for router in (*routers, health_router):
        app.include_router(router, dependencies=[CheckedQuery])
    describe(app)
    _serve_page(app, settings)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(BoundedBodies)
    app.add_middleware(HeadAsGet)
    app.add_middleware(AllowedHosts, names=host_names(settings.host, settings.hosts))
    app.add_middleware(SecurityHeaders)
    return app


def _serve_page(app: FastAPI, settings: ServiceSettings) -> None:
    @app.get("/api/{rest:path}", include_in_schema=False)
    async def unknown_route() -> None:
        """A 404, so that a browser does not get the page for a mistyped address of the API."""
        raise HTTPException(404)

    @app.get("/docs", include_in_schema=False)
    async def to_description() -> RedirectResponse:
        return RedirectResponse("/api/v1/openapi.json")

    if (settings.web / "index.html").is_file():
        app.frontend("/", directory=settings.web, fallback="index.html")
        return

    @app.get("/", include_in_schema=False, response_class=PlainTextResponse)
    async def explain_build() -> str:
        return (
            f"The page is not built: there is no {settings.web / 'index.html'}. Run `make setup`, then start again.\n"
        )
