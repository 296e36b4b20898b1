"""Fixtures of the service's tests: both databases, and the service within the test's own process."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.app import create_app
from api.services import Services
from api.settings import ServiceSettings
from api.storage.database import Database
from tests.api.api_kit import Running, opened, write_camera
from tests.kit.shared_data import needs
from vision.common.ports import free_port


class PostgresServer:
    """A private PostgreSQL server on loopback; runs as the user `postgres` if root runs the tests."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # Root's temporary folder may be inaccessible to the user postgres.
        self.folder = Path(tempfile.mkdtemp(prefix="ngatu-postgres-", dir="/tmp" if self._as else None))
        self.port = free_port()
        if self._as:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "ngatu", "-E", "UTF8", "--no-sync")
        self.start()

    def url(self, name: str) -> str:
        return f"postgresql://ngatu:hunter2@127.0.0.1:{self.port}/{name}"

    def new(self) -> str:
        """The address of a new, empty database."""
        name = f"ngatu_{uuid4().hex[:8]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "ngatu", "-T", "template0", name)
        return self.url(name)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        """Stop immediately, like a crash."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        call = [*self._as, str(self._binaries / program), *arguments]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(p) for p in [shutil.which("initdb")] if p]
    if not found:
        needs("PostgreSQL's server is absent: `make system` installs Debian's")
    server = PostgresServer(found[-1].parent)
    yield server
    server.stop()
    shutil.rmtree(server.folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ngatu.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ngatu.sqlite3'}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, once of each kind."""
    async with opened(database_url) as it:
        yield it


@pytest.fixture
async def running(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A service with the camera `nts-01`, once with each kind of database."""
    cameras = tmp_path / "cameras"
    write_camera(cameras)
    settings = ServiceSettings.model_validate(
        {
            "redis_url": redis_url,
            "database": database_url,
            "cameras": cameras,
            "state": tmp_path / "state",
            "web": tmp_path / "dist",
            "hosts": ("ngatu.test",),
        }
    )
    async with opened(database_url):
        pass
    app = create_app(settings)
    services: Services = app.state.services
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        services.running(),
        httpx.AsyncClient(transport=transport, base_url="http://ngatu.test/api/v1") as client,
    ):
        yield Running(services, client, settings, cameras)
