"""Connections and transactions: opened at the edge (a request, a command), nowhere else."""

from __future__ import annotations

import asyncio
import select
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import POLL_OK, POLL_READ
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gis.store.cluster import database_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whatever its author calls it
    from sqlalchemy import Engine

    from gis.settings import Settings

# A thread that gets no connection in this time answers 503 rather than keep its caller waiting.
POOL_TIMEOUT_S = 2

# A server on this machine answers within this time; the event loop waits for it rather than go round once.
AT_ONCE_MS = 1
CONNECT_SECONDS = 5
UNPREPARED = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement)


def make_engine(settings: Settings, *, lock_wait_s: int = 0) -> Engine:
    """Return an engine on the configured database, starting the private cluster if there is no other.

    Args:
        settings: Says which database and how many connections.
        lock_wait_s: After so many seconds a statement waits no longer for what another transaction changes;
            0: it waits for ever.

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
        connect_args={
            "options": f"-c timezone=UTC -c jit=off -c lock_timeout={lock_wait_s}s",
            "application_name": "wangge",
        },
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open the one transaction of a command: committed when the block ends, rolled back if it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def hold_still(session: Session) -> None:
    """Have a transaction, which has asked nothing yet, see the database as it is now until it ends."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


class SideConnection:
    """A connection for one statement from the event loop: no thread, no transaction, one round trip.

    Args:
        engine: Says which database; nothing is connected until the first time.
        query: The statement, without parameters; prepared once a connection.
    """

    def __init__(self, engine: Engine, query: str) -> None:
        self._engine = engine
        self._query = query
        self._cursor: Cursor | None = None
        self._lock = asyncio.Lock()
        self._is_prepared = True

    async def first_row(self, meanwhile: Callable[[], None] = lambda: None) -> tuple[Any, ...] | None:
        """Return the first row of the query, as the database has it now.

        Args:
            meanwhile: What to do while the database works; done before this returns.

        Raises:
            psycopg2.Error: The database cannot be reached or refuses; the next call connects anew.
            TimeoutError: It does not answer in time; likewise.
        """
        async with asyncio.timeout(POOL_TIMEOUT_S), self._lock:
            try:
                if self._cursor is None:
                    self._cursor = await asyncio.to_thread(self._connect)
                    if self._is_prepared:
                        await self._run(self._cursor, f"PREPARE side AS {self._query}")
                statement = "EXECUTE side" if self._is_prepared else self._query
                await self._run(self._cursor, statement, meanwhile)
                row: tuple[Any, ...] | None = self._cursor.fetchone()
            except BaseException as error:
                # between us and the server may stand a pool that hands out another session each time
                self._is_prepared &= not isinstance(error, UNPREPARED)
                # an answer nobody waits for any longer must not become that of the next statement
                self.close()
                raise
        return row

    def close(self) -> None:
        """Close the connection; the next statement opens another."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            with suppress(psycopg2.Error):
                cursor.connection.close()

    def _connect(self) -> Cursor:
        """Connect, in a thread: finding a server may take seconds."""
        arguments, found = self._engine.dialect.create_connect_args(self._engine.url)
        options = {**found, "connect_timeout": CONNECT_SECONDS, "application_name": "wangge", "async_": True}
        connection = psycopg2.connect(*arguments, **options)
        while (state := connection.poll()) != POLL_OK:
            awaited = ([connection], []) if state == POLL_READ else ([], [connection])
            if not any(select.select(*awaited, [], CONNECT_SECONDS)):
                connection.close()
                raise psycopg2.OperationalError("the database does not answer")
        cursor: Cursor = connection.cursor()
        return cursor

    async def _run(
        self, cursor: Cursor, statement: str, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Send a statement and wait for its answer: briefly here, then without holding up the event loop."""
        # made for this connection: one that comes up after its caller has given up must not put its own here
        answers = select.poll()
        answers.register(cursor.connection.fileno(), select.POLLIN)
        cursor.execute(statement)
        meanwhile()
        is_slow = False
        while cursor.connection.poll() != POLL_OK:
            if is_slow or not answers.poll(AT_ONCE_MS):
                is_slow = True
                await readable(cursor.connection.fileno())


async def readable(descriptor: int) -> None:
    """Wait until a descriptor can be read."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    # the loop may see it readable again before whoever waits has run
    loop.add_reader(descriptor, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
