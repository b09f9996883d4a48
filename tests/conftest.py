"""Fixtures for all tests: a real PostGIS database, savepoint sessions, a query counter.

The server is the private cluster, or `WANGGE_DATABASE_URL`. Each test process migrates one template
database; a test that commits gets a copy of its own. Files of indexes go into a folder of the test process,
never among those of the installation that lends its server.
"""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import hypothesis
import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.orm import Session

from gis.settings import Settings
from gis.store.cluster import database_url
from gis.store.migrate import upgrade_to_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import URL, Engine


def pytest_configure(config: pytest.Config) -> None:
    """In CI a skipped test is a failure: nothing may be passed over in silence.

    How fast hypothesis draws and runs an example says how busy the machine is, and is no result of a test.
    """
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("wangge", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("wangge")
    # the terminal of commands is wide, whichever test loads them first: no line is broken in two
    os.environ["COLUMNS"] = "200"
    if os.environ.get("CI"):
        config.pluginmanager.register(NoSkips())


class NoSkips:
    """Turns skips into failures."""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        """Report a skipped test as failed, with its reason."""
        outcome = yield
        report = outcome.get_result()
        if report.skipped and not hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped in CI: {report.longrepr}"


@pytest.fixture(scope="session", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of this installation; what is under test has another home from here on."""
    settings = Settings()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WANGGE_HOME", str(tmp_path_factory.mktemp("home")))
        yield settings


@pytest.fixture(scope="session")
def server(installed: Settings) -> Iterator[Engine]:
    """The administrative connection of the database server under test."""
    url = make_url(database_url(installed))
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def template(server: Engine) -> Iterator[str]:
    """A migrated, empty database to copy."""
    with new_database(server, None) as name:
        engine = create_engine(server.url.set(database=name))
        upgrade_to_head(engine)
        engine.dispose()
        yield name


@contextmanager
def new_database(server: Engine, template: str | None) -> Iterator[str]:
    """Make a database, hand out its name, and drop it."""
    name = f"wangge_test_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"'))
        # it need not outlive a power cut, so no commit waits for the disk
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    try:
        yield name
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def settings_for(url: URL) -> Settings:
    """Return settings that lead to one database."""
    return Settings(database_url=url.render_as_string(hide_password=False), pool_size=4)


@pytest.fixture(scope="session")
def shared_engine(server: Engine, template: str) -> Iterator[Engine]:
    """The database of tests that roll back."""
    with new_database(server, template) as name:
        engine = create_engine(server.url.set(database=name), connect_args={"options": "-c timezone=UTC"})
        yield engine
        engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session whose work is undone after the test, even if the code under test commits."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture
def settings(server: Engine, template: str) -> Iterator[Settings]:
    """Settings of a fresh migrated database, for tests that commit (commands, the service)."""
    with new_database(server, template) as name:
        yield settings_for(server.url.set(database=name))


@pytest.fixture(scope="module")
def module_settings(server: Engine, template: str) -> Iterator[Settings]:
    """Like `settings`, shared by the tests of one module."""
    with new_database(server, template) as name:
        yield settings_for(server.url.set(database=name))


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An engine on the database of `settings`."""
    engine = create_engine(settings.database_url or "", connect_args={"options": "-c timezone=UTC"})
    yield engine
    engine.dispose()


@pytest.fixture
def count_queries() -> Callable[[Engine], AbstractContextManager[list[str]]]:
    """Collects the statements an engine sends inside a block: `with count_queries(engine) as sent:`."""

    @contextmanager
    def counting(engine: Engine) -> Iterator[list[str]]:
        sent: list[str] = []

        def note(*arguments: object) -> None:
            sent.append(str(arguments[2]))

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
