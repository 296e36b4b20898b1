"""Migrations of the tables: one file per version, applied in order when the service starts."""

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
    """Upgrade the tables to a version, by default the newest, within the connection's transaction.

    Raises:
        UnknownVersionError: the tables are of a version that this ngatu does not know.
    """
    config = _config()
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise UnknownVersionError(f"its tables are of version {current!r}, newer than this ngatu: update ngatu")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def downgrade(connection: Connection, version: str = "base") -> None:
    """Downgrade the tables to a version, by default to none, within the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, version)


def trouble(connection: Connection) -> str:
    """Why this version cannot use the tables; empty if it can."""
    current = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return "" if current == head else f"its tables are of version {current!r}, not {head!r}: start `ngatu serve` once"


def differences(connection: Connection) -> list[Any]:
    """Differences between the migrated and the declared tables; if there are any, a migration is missing."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
