"""Alembic from Python: bring a database to the newest schema, and say where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# Two processes that upgrade at once wait for each other on this advisory lock.
UPGRADE_LOCK = 0x77616E67


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Where a database stands: `current` is None before the first migration."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to apply."""
        return self.current == self.head


def upgrade_to_head(engine: Engine) -> MigrationState:
    """Apply every missing migration in one transaction and return the new state."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        command.upgrade(alembic_config(connection), "head")
    return migration_state(engine)


def migration_state(engine: Engine) -> MigrationState:
    """Return the database's revision and the newest one this version knows."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return MigrationState(current, head or "")


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, working on the caller's connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
