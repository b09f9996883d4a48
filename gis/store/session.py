"""Connections and transactions: opened at the edge (a request, a command), nowhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gis.store.cluster import database_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from gis.settings import Settings

# A thread that gets no connection in this time answers 503 rather than keep its caller waiting.
POOL_TIMEOUT_S = 2


def make_engine(settings: Settings) -> Engine:
    """Return an engine on the configured database, starting the private cluster if there is no other.

    Args:
        settings: Says which database and how many connections.

    Returns:
        An engine whose sessions speak UTC.

    Raises:
        SetupError: The private cluster cannot be made or started; the text says what is missing.
    """
    return create_engine(
        database_url(settings),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        hide_parameters=True,  # what people report does not belong in exceptions and logs
        # jit costs 100 ms a plan and gains nothing on spatial look-ups
        connect_args={"options": "-c timezone=UTC -c jit=off", "application_name": "wangge"},
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open the one transaction of a command: committed when the block ends, rolled back if it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session
