"""The private server, really made, killed and started again in throw-away folders."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from gis.errors import SetupError
from gis.settings import Settings
from gis.store.cluster import Cluster, ClusterState, database_url
from gis.store.server import folders
from gis.store.server.programs import Account, Programs, list_programs, require_programs

if TYPE_CHECKING:
    from collections.abc import Iterator

IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def short() -> Iterator[Path]:
    """A folder that the server's account can enter, with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="wg-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def cluster(short: Path) -> Iterator[Cluster]:
    cluster = Cluster(short / "home")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def throwaway(short: Path) -> Iterator[Cluster]:
    """A stopped cluster of its own, for tests that break it."""
    home = Path(tempfile.mkdtemp(prefix="h-", dir=short))
    home.chmod(0o755)
    cluster = Cluster(home)
    cluster.start()
    cluster.stop()
    yield cluster
    cluster.stop()


def ask(cluster: Cluster, question: str) -> str:
    engine = create_engine(cluster.url("postgres"))
    try:
        with engine.connect() as connection:
            return str(connection.execute(text(question)).scalar_one())
    finally:
        engine.dispose()


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split(")")[-1].split()[0] == "Z":
                return
        except OSError:
            return
        time.sleep(0.02)


def test_starting_twice_is_one_server(cluster: Cluster) -> None:
    first = cluster.start()
    again = Cluster(cluster.home).start()
    assert (first.state, again.state) == (ClusterState.RUNNING, ClusterState.RUNNING)
    assert first.pid == again.pid is not None
    assert first.size_bytes is not None
    assert first.size_bytes > 10_000_000


def test_the_url_leads_to_postgis_whatever_the_environment_says(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGUSER": "nobody", "PGDATA": "/"}.items():
        monkeypatch.setenv(variable, value)
    url = database_url(Settings(home=cluster.home, database_url=None, database_name="district one"))
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT current_database(), current_user, ST_Area('POINT(0 0)')")
        ).one()
        extensions = set(connection.execute(text("SELECT extname FROM pg_extension")).scalars())
    engine.dispose()
    assert tuple(found) == ("district one", "wangge", 0.0)
    assert {"postgis", "btree_gist"} <= extensions
    assert cluster.has_database("district one")
    assert cluster.contents("district one") == {}
    cluster.drop_database("district one")
    assert not cluster.has_database("district one")


def test_one_database_asked_for_by_many_at_once_is_made_once(cluster: Cluster) -> None:
    with ThreadPoolExecutor(6) as threads:
        urls = list(threads.map(lambda _: Cluster(cluster.home).ensure_database("at_once"), range(6)))
    assert len(set(urls)) == 1
    cluster.drop_database("at_once")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ],
)
def test_settings_of_the_server(cluster: Cluster, setting: str, value: str) -> None:
    assert ask(cluster, f"SELECT current_setting('{setting}')") == value


def test_nothing_listens_on_tcp(cluster: Cluster) -> None:
    pid = cluster.start().pid
    links = [os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()]  # noqa: PTH115 - no paths
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:")}
    assert inodes
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        assert not inodes & {line.split()[9] for line in lines}


def test_the_server_never_runs_as_root_and_its_folders_are_its_own(cluster: Cluster) -> None:
    status = cluster.start()
    owner = Path(f"/proc/{status.pid}").stat().st_uid
    assert owner == cluster.account.uid != 0
    assert status.account == Account.of(owner).name
    assert stat.S_IMODE(status.data.stat().st_mode) == 0o700
    assert status.socket.stat().st_uid == owner
    assert not status.socket.stat().st_mode & 0o022


def test_a_missing_cluster_is_described_without_being_made(tmp_path: Path) -> None:
    status = Cluster(tmp_path / "home").status()
    assert (status.state, status.pid, status.size_bytes) == (ClusterState.MISSING, None, None)
    assert status.data.name == str(require_programs().major)
    assert list(tmp_path.iterdir()) == []


def test_stop_and_start_keep_the_data(throwaway: Cluster) -> None:
    assert throwaway.stop() is False
    url = throwaway.ensure_database("kept")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE events AS SELECT generate_series(1, 7) AS id"))
    engine.dispose()
    assert throwaway.stop() is True
    assert throwaway.status().state is ClusterState.STOPPED
    with pytest.raises(psycopg2.OperationalError), throwaway._session("postgres"):  # noqa: SLF001 - stopped
        pass
    throwaway.start()
    assert throwaway.contents("kept") == {"events": 7}


def test_a_killed_server_starts_again_and_kept_what_it_acknowledged(throwaway: Cluster) -> None:
    pid = throwaway.start().pid
    assert pid is not None
    ask(throwaway, "SELECT 1")
    engine = create_engine(throwaway.url("postgres"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE acknowledged AS SELECT 42 AS answer"))
    engine.dispose()
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)
    assert throwaway.status().state is ClusterState.STOPPED
    assert throwaway.start().pid != pid
    assert ask(throwaway, "SELECT answer FROM acknowledged") == "42"


@pytest.mark.parametrize("left_by", ["another process", "nobody", "a power cut"])
def test_a_stale_pid_file_does_not_stop_the_start(throwaway: Cluster, left_by: str) -> None:
    # a process of the very account the server runs under is what PostgreSQL itself would take for a server
    other = subprocess.Popen(["/bin/sleep", "60"], user=throwaway.account.uid if IS_ROOT else None)
    pid_file = throwaway.data / "postmaster.pid"
    socket_lock = throwaway.socket / f"{folders.SOCKET_NAME}.lock"
    try:
        first = {"another process": str(other.pid), "nobody": "4194300", "a power cut": ""}[left_by]
        said = f"{first}\n{throwaway.data}\n1700000000\n5432\n{throwaway.socket}\n\n" if first else ""
        for path in (pid_file, socket_lock):
            path.write_text(said, encoding="ascii")
            path.chmod(0o600)
            if IS_ROOT:
                os.chown(path, throwaway.account.uid, throwaway.account.gid)
        assert throwaway.status().state is ClusterState.STOPPED
        assert throwaway.start().state is ClusterState.RUNNING
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_server_whose_socket_was_deleted_is_started_again(throwaway: Cluster) -> None:
    pid = throwaway.start().pid
    shutil.rmtree(throwaway.socket)
    assert throwaway.start().pid != pid
    assert ask(throwaway, "SELECT 1") == "1"


def test_a_moved_checkout_takes_its_data_along(throwaway: Cluster, short: Path) -> None:
    moved = short / "moved"
    throwaway.home.rename(moved)
    there = Cluster(moved)
    assert there.start().socket == moved / "run"
    there.stop()
    moved.rename(throwaway.home)


def test_data_of_another_major_version_are_refused_with_the_way_out(throwaway: Cluster) -> None:
    throwaway.data.rename(throwaway.data.with_name("9"))
    old = Cluster(throwaway.home)
    with pytest.raises(SetupError, match=r"made by PostgreSQL 9: install .* move .*/postgres/9 away"):
        old.start()
    assert old.status().version == "9"
    throwaway.data.with_name("9").rename(throwaway.data)


def test_data_of_the_installed_version_are_used_before_newer_empty_ones(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "14").mkdir(parents=True)
    (tmp_path / "postgres" / "15").mkdir()
    (tmp_path / "postgres" / "making-17").mkdir()
    assert folders.existing_major(tmp_path, [17, 14]) == 14
    assert folders.existing_major(tmp_path, [17, 15, 14]) == 15
    assert folders.existing_major(tmp_path, [17]) == 15
    assert folders.existing_major(tmp_path / "none", [17]) is None


def test_a_start_that_fails_shows_the_log(throwaway: Cluster) -> None:
    with (throwaway.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("shared_buffers = 'plenty'\n")
    with pytest.raises(SetupError, match=r"(?s)does not start.*invalid value for parameter .shared_buffers."):
        throwaway.start()


def test_two_processes_that_start_at_once_make_one_server(short: Path) -> None:
    home = short / "race"
    code = (
        "import sys; from pathlib import Path; from gis.store.cluster import Cluster;"
        "c = Cluster(Path(sys.argv[1])); c.ensure_database('race'); print(c.status().pid)"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE) for _ in range(3)
    ]
    pids = {racer.communicate()[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert pids == {b"%d\n" % (Cluster(home).status().pid or 0)}
    Cluster(home).stop()


def test_a_path_too_long_for_a_socket_uses_a_short_folder_of_ones_own(short: Path) -> None:
    home = short / ("deep-" * 12) / ("deeper-" * 8) / "网格"
    cluster = Cluster(home)
    try:
        status = cluster.start()
        assert status.socket.parent == Path("/tmp")  # noqa: S108 - what is being tested
        assert status.data.is_relative_to(home)
        assert ask(cluster, "SELECT 1") == "1"
    finally:
        cluster.stop()
    shutil.rmtree(status.socket)
    status.socket.symlink_to(short)
    with pytest.raises(SetupError, match="is not a folder that belongs"):
        cluster.start()
    status.socket.unlink()


def test_a_socket_folder_another_user_made_or_may_write_is_refused(throwaway: Cluster) -> None:
    shutil.rmtree(throwaway.socket)
    throwaway.socket.mkdir()
    if IS_ROOT:
        os.chown(throwaway.socket, 65534, 65534)
    else:
        throwaway.socket.chmod(0o777)
    with pytest.raises(SetupError, match="remove it"):
        throwaway.start()
    shutil.rmtree(throwaway.socket)


def test_below_a_folder_the_server_cannot_enter_the_data_go_elsewhere(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only root starts a server under an account that is not its own, so only root can meet this."""
    monkeypatch.setattr(folders, "ELSEWHERE", short / "elsewhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "home")
    try:
        status = cluster.start()
        if not IS_ROOT:
            assert status.data.is_relative_to(closed)
            return
        assert status.data.is_relative_to(short / "elsewhere")
        assert f"the database is kept in {cluster.place}" in caplog.text
        pointer = (closed / "home" / folders.POINTER).read_text(encoding="utf-8").strip()
        assert status.data.is_relative_to(pointer)
        # a copy of the checkout does not share the database; the checkout itself finds it after a move
        shutil.copytree(closed, tmp_path / "copy")
        (tmp_path / "copy").chmod(0o700)
        assert Cluster(tmp_path / "copy" / "home").place != cluster.place
        closed.rename(tmp_path / "moved")
        assert Cluster(tmp_path / "moved" / "home").place == cluster.place
    finally:
        cluster.stop()


def test_programs_are_found_with_version_and_postgis() -> None:
    programs = require_programs()
    assert programs.has_postgis
    assert programs.version.startswith(f"{programs.major}.")
    assert programs in list_programs()


def test_missing_programs_are_answered_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Programs(Path("/opt/bin"), "15.1", 15, has_postgis=False)
    monkeypatch.setattr("gis.store.server.programs.list_programs", list)
    with pytest.raises(SetupError, match="install"):
        require_programs()
    monkeypatch.setattr("gis.store.server.programs.list_programs", lambda: [bare])
    with pytest.raises(SetupError, match=r"has no PostGIS\. Install it: .*postgis"):
        require_programs()


@pytest.mark.parametrize(
    "given", ["postgres://u:p%40x@host:5433/name", "postgresql+asyncpg://u:p%40x@host:5433/name"]
)
def test_a_server_of_ones_own_is_reached_by_our_driver(given: str) -> None:
    settings = Settings(database_url=given)
    assert database_url(settings) == "postgresql+psycopg2://u:p%40x@host:5433/name"


@pytest.mark.parametrize("given", ["mysql://secret@host/name", "dbname=wangge password=secret"])
def test_a_url_of_something_else_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(SetupError, match="WANGGE_DATABASE_URL must look like") as raised:
        database_url(Settings(database_url=given))
    assert "secret" not in str(raised.value)
