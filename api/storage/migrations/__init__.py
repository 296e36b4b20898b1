"""The tables' history: each version a file, applied in order at the service's start."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from api.storage.tables import Base

_FOLDER = Path(__file__).parent


class UnknownVersionError(Exception):
    """The database was written by a newer ngatu."""


def upgrade(connection: Connection, version: str = "head") -> None:
    """Bring the tables to a version, the newest unless told otherwise, inside the connection's transaction.

    Raises:
        UnknownVersionError: the database is of a version that is not known here.
    """
    config = _config()
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise UnknownVersionError(f"its tables are of version {current!r}, newer than this ngatu: update ngatu")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def downgrade(connection: Connection) -> None:
    """Take all tables away, inside the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


def trouble(connection: Connection) -> str:
    """Why this version cannot work with the tables; empty where it can."""
    current = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return "" if current == head else f"its tables are of version {current!r}, not {head!r}: start `ngatu serve` once"


def differences(connection: Connection) -> list[Any]:
    """Where the migrated tables differ from the declared ones: empty, or a migration is missing."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
