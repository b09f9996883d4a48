"""The private PostGIS server of one checkout: made on demand, on a unix socket only, never as root.

Where things are, below the settings' `home` (or, if the server's account cannot get there, below a folder
of `/var/lib/wangge` that a pointer file in `home` names):

    postgres/15/        the data folder, one per major version
    postgres/15.log     what the server says
    run/                the socket; a hashed folder in /tmp if the path is too long for a socket
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gis.errors import DatabaseUnavailableError, SetupError
from gis.store.server import folders
from gis.store.server.programs import Programs, list_programs, require_programs, run_as

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg2.extensions import connection

    from gis.settings import Settings

ROLE = "wangge"
DRIVER = "postgresql+psycopg2"
EXTENSIONS = ("postgis", "btree_gist")
START_SECONDS = 300  # recovery after a power cut takes its time
STOP_SECONDS = 60
LOCK_SECONDS = 120
ORPHANS_SECONDS = 15  # children of a killed server need a moment to notice


class ClusterState(StrEnum):
    """Whether the private server is there and runs."""

    MISSING = "missing"
    STOPPED = "stopped"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What can be said of the private server without starting it.

    Attributes:
        state: Missing, stopped or running.
        version: Version of the programs that serve it, or its major version if they are not installed.
        data: The data folder, existing or to be.
        socket: The folder of the unix socket.
        log: The server's log file.
        pid: Process id while it runs, if this user may know it.
        size_bytes: Size of the data folder; None if it may not be read.
        account: The system user it runs under.
    """

    state: ClusterState
    version: str
    data: Path
    socket: Path
    log: Path
    pid: int | None
    size_bytes: int | None
    account: str


class Cluster:
    """The private server below one `home`; cheap to make, touches nothing until asked to.

    Args:
        home: The settings' folder; need not exist.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.account = folders.server_account(home)
        self.place = folders.choose_place(home, self.account)
        self.major = folders.existing_major(self.place, [one.major for one in list_programs()])

    @property
    def data(self) -> Path:
        """The data folder; of the newest programs if none exists yet."""
        major = self.major if self.major is not None else require_programs().major
        return self.place / "postgres" / str(major)

    @property
    def log(self) -> Path:
        """The server's log file, beside the data folder."""
        return self.data.with_name(f"{self.data.name}.log")

    @property
    def socket(self) -> Path:
        """The folder of the unix socket; need not exist."""
        return folders.socket_folder(self.place)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, existing or not."""
        query = {"host": str(self.socket), "port": str(folders.PORT)}
        return URL.create(DRIVER, ROLE, database=database, query=query).render_as_string()

    def status(self) -> ClusterStatus:
        """Say what is there without starting or making anything."""
        pid = None if self.major is None else folders.server_pid(self.data)
        # of another user's server only the socket tells whether it runs
        runs = pid is not None or (self.account.uid not in {0, os.geteuid()} and self._answers())
        state = ClusterState.RUNNING if runs else ClusterState.STOPPED
        installed = {one.major: one.version for one in reversed(list_programs())}
        major = int(self.data.name)
        return ClusterStatus(
            state=ClusterState.MISSING if self.major is None else state,
            version=installed.get(major, str(major)),
            data=self.data,
            socket=self.socket,
            log=self.log,
            pid=pid,
            size_bytes=None if self.major is None else folders.folder_size(self.data),
            account=self.account.name,
        )

    def start(self) -> ClusterStatus:
        """Start the server, making it first if there is none; nothing happens if it runs.

        Raises:
            SetupError: PostgreSQL or PostGIS is missing, the data is of another major version, or the
                server does not start (the text ends with its log).
        """
        if self._answers():
            return self.status()
        folders.refuse_foreign_data(self.place, self.account)
        with self._locked():
            programs = self.own_programs()
            self.major = programs.major
            if not self.data.exists():
                folders.make_data_folder(self.data, programs, self.account, ROLE)
            if not self._answers():
                self._run(programs)
        return self.status()

    def stop(self) -> bool:
        """Stop the server after its present transactions are rolled back; False if it did not run."""
        if self.status().state is not ClusterState.RUNNING:
            return False
        folders.refuse_foreign_data(self.place, self.account)
        with self._locked():
            self._stop(self.own_programs())
        return True

    def ensure_database(self, name: str) -> str:
        """Make the database with PostGIS and btree_gist if it is missing; return its URL."""
        self.start()
        try:
            self._ensure_extensions(name)
        except psycopg2.OperationalError:
            with self._session("postgres") as session, session.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(hashtext('wangge create database'))")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(
                        sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
                    )
            self._ensure_extensions(name)
        return self.url(name)

    def has_database(self, name: str) -> bool:
        """Say whether a database exists; the server must run."""
        with self._session("postgres") as session, session.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return cursor.fetchone() is not None

    def drop_database(self, name: str) -> None:
        """Drop a database with all it holds, ending the sessions in it; the server must run."""
        with self._session("postgres") as session, session.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def contents(self, name: str) -> dict[str, int]:
        """Count the rows of every table that has any, by table name; the server must run."""
        with self._session(name) as session, session.cursor() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename NOT IN ('spatial_ref_sys', 'alembic_version') ORDER BY tablename"
            )
            counts = {}
            for table in [row[0] for row in cursor]:
                cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
                counts[table] = sum(row[0] for row in cursor)
        return {table: count for table, count in counts.items() if count}

    def own_programs(self) -> Programs:
        """Return the programs of the data's major version, or say how to move on without them."""
        self.major = self.major or folders.existing_major(self.place, [one.major for one in list_programs()])
        if self.major is None:
            return require_programs()
        try:
            return require_programs(self.major)
        except SetupError as error:
            raise SetupError(
                f"{error} The database in {self.data} was made by PostgreSQL {self.major}: install "
                f"that version, or, to begin with an empty database, move {self.data} away."
            ) from None

    def _ensure_extensions(self, name: str) -> None:
        with self._session(name) as session, session.cursor() as cursor:
            cursor.execute("SELECT extname FROM pg_extension")
            missing = set(EXTENSIONS) - {row[0] for row in cursor}
            if missing:
                # two processes creating the same extension clash even with IF NOT EXISTS
                cursor.execute("SELECT pg_advisory_lock(hashtext('wangge create extension'))")
                for extension in sorted(missing):
                    cursor.execute(
                        sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                    )

    @contextmanager
    def _session(self, database: str) -> Iterator[connection]:
        """Open an autocommit session that is closed, with its locks, at the end."""
        session = psycopg2.connect(
            host=str(self.socket), port=folders.PORT, user=ROLE, dbname=database, connect_timeout=30
        )
        session.autocommit = True
        try:
            yield session
        finally:
            session.close()

    def _answers(self) -> bool:
        """Say whether the server accepts a session; refuse a socket folder that another user made."""
        if not self.socket.exists():
            return False
        folders.require_own_folder(self.socket, self.account)
        try:
            with self._session("postgres"):
                return True
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error):
                raise SetupError(
                    f"The private database of {self.place} belongs to the user {self.account.name}: "
                    "run this as that user or with sudo, or set WANGGE_HOME to a folder of your own."
                ) from None
            return False

    def _run(self, programs: Programs) -> None:
        """Start the server; the lock is held."""
        if folders.server_pid(self.data) is not None:
            self._wait_until_it_answers()
            return
        folders.remove_stale_files(self.data, self.socket)
        folders.make_own_folder(self.socket, self.account)
        comers = (self.account.uid, 0, os.geteuid(), self.home.resolve().parent.stat().st_uid)
        folders.write_configuration(self.data, self.socket, self.account, ROLE, comers)
        folders.rotate_log(self.log)
        deadline = time.monotonic() + ORPHANS_SECONDS
        while True:
            begin = self.log.stat().st_size if self.log.exists() else 0
            done = run_as(
                self.account,
                programs.folder / "pg_ctl",
                *("start", "-D", self.data, "-l", self.log, "-ws", f"--timeout={START_SECONDS}"),
            )
            if done.returncode == 0:
                return
            said = folders.log_tail(self.log, begin)
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise SetupError(
                    f"The private database in {self.data} does not start.\n{done.stdout.strip()}\n"
                    f"Its log, {self.log}, ends:\n{said}"
                )
            time.sleep(0.2)

    def _wait_until_it_answers(self) -> None:
        """Wait for a server that is starting; one whose socket was deleted under it is started again."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if not (self.socket / folders.SOCKET_NAME).exists():
                programs = self.own_programs()
                self._stop(programs)
                self._run(programs)
                return
            if time.monotonic() > deadline:
                raise DatabaseUnavailableError(
                    f"The private database runs but gives no answer; its log is {self.log}."
                )
            time.sleep(0.1)

    def _stop(self, programs: Programs) -> None:
        done = run_as(
            self.account,
            programs.folder / "pg_ctl",
            *("stop", "-D", self.data, "-m", "fast", "-ws", f"--timeout={STOP_SECONDS}"),
        )
        if done.returncode != 0 and folders.server_pid(self.data) is not None:
            raise SetupError(f"The private database in {self.data} does not stop: {done.stdout.strip()}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file lock under which the server is made, started and stopped."""
        path = self.place / "postgres.lock"
        try:
            folders.make_place(self.home, self.place)
            descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except PermissionError:
            raise SetupError(
                f"{self.place} may not be written by this user: run with sudo, or set WANGGE_HOME to a "
                "folder of your own."
            ) from None
        try:
            deadline = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise SetupError(f"Another process has held {path} for {LOCK_SECONDS} s.") from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(descriptor)


def get_cluster(settings: Settings) -> Cluster:
    """Return the private server of these settings; nothing is started."""
    return Cluster(settings.home)


def database_url(settings: Settings) -> str:
    """Return the SQLAlchemy URL of the database to work in.

    The operator's own server if `settings.database_url` is set; else the private server, which is made
    and started if need be, with its database.

    Raises:
        SetupError: The setting is no URL of PostgreSQL, or the private server cannot run here.
    """
    if settings.database_url is None:
        return get_cluster(settings).ensure_database(settings.database_name)
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        url = None  # said below, without the text: it may hold a password
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        raise SetupError("WANGGE_DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    return url.set(drivername=DRIVER).render_as_string(hide_password=False)


def server_version(settings: Settings) -> str:
    """Ask the server in use for its version and that of its PostGIS; the private server is started."""
    engine = create_engine(database_url(settings), connect_args={"connect_timeout": 10})
    question = "SELECT current_setting('server_version') || ', PostGIS ' || postgis_lib_version()"
    try:
        with engine.connect() as connection:
            return str(connection.execute(text(question)).scalar_one())
    finally:
        engine.dispose()
