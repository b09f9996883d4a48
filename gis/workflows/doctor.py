"""Look at this machine and checkout: what is there, what is missing, how to get it.

Only plain Python is imported at the top: a doctor that needs a sound installation helps nobody. The scripts
of set-up, which run before anything is installed, ask some of the same questions.
"""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import SetupError
from gis.store.server.programs import list_programs, require_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from gis.settings import Settings
    from gis.store.migrate import MigrationState

OLDEST_PYTHON = (3, 11)
COMPILED_PACKAGES = ("numpy", "orjson", "pandas", "psycopg2", "pydantic", "pyogrio", "pyproj", "shapely")
PLAIN_PACKAGES = ("alembic", "fastapi", "folium", "geoalchemy2", "geopandas", "sqlalchemy", "uvicorn")
LEAST_DISK_GB = 2.0
LEAST_MEMORY_GB = 2.0
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
FONT_NAMES = ("*CJK*", "*wqy*", "*SourceHan*", "*NotoSansSC*")


class Health(StrEnum):
    """How a thing stands."""

    GOOD = "good"
    WISHED = "wished"  # missing; the service runs without it
    NEEDED = "needed"  # missing; the service does not run without it


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at: its name, how it stands, what was found, and how to get it if it is missing."""

    name: str
    health: Health
    found: str
    remedy: str = ""


def diagnose() -> list[Diagnosis]:
    """Look at everything, in the order in which one would mend it; nothing is started or changed."""
    diagnoses = [examine_python(), _tried("Python packages", examine_packages)]
    try:
        from gis.settings import Settings  # noqa: PLC0415 - its packages may be what is missing

        settings = Settings()
    except Exception as error:  # noqa: BLE001 - whatever is broken is the diagnosis
        return [
            *diagnoses,
            _broken("settings", error, "mend the WANGGE_ variable named, or run `make setup`"),
        ]
    checks: dict[str, Callable[[], Diagnosis]] = {
        "PostgreSQL": lambda: examine_programs(settings),
        "database": lambda: examine_database(settings),
        "schema": lambda: examine_schema(settings),
        "look-up kernel": examine_kernel,
        "index kernel": examine_building,
        "check kernel": examine_checks,
        "edit kernel": examine_edits,
        "browser code": examine_vendor,
        "npm": examine_npm,
        "Chromium": examine_browser,
        "Chinese font": examine_font,
        "disk": lambda: examine_disk(settings.home),
        "memory": examine_memory,
        "port": lambda: examine_port(settings.host, settings.port),
    }
    return diagnoses + [_tried(name, check) for name, check in checks.items()]


def examine_python() -> Diagnosis:
    """Look at the version of the interpreter."""
    health = Health.GOOD if sys.version_info[:2] >= OLDEST_PYTHON else Health.NEEDED
    return Diagnosis("Python", health, f"{sys.version.split()[0]} in {sys.prefix}", "Python 3.11 or newer")


def examine_packages() -> Diagnosis:
    """Import what the software stands on, because an installed package can still be broken."""
    broken = []
    for name in (*COMPILED_PACKAGES, *PLAIN_PACKAGES):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a damaged library may raise anything
            broken.append(f"{name} ({error})")
    if broken:
        return Diagnosis("Python packages", Health.NEEDED, f"not usable: {'; '.join(broken)}", "make setup")
    return Diagnosis("Python packages", Health.GOOD, "all can be imported")


def examine_programs(settings: Settings) -> Diagnosis:
    """Look for PostgreSQL's programs and PostGIS, unless a server of one's own is used."""
    if settings.database_url is not None:
        return Diagnosis("PostgreSQL", Health.GOOD, "not needed here: WANGGE_DATABASE_URL is set")
    try:
        programs = require_programs()
    except SetupError as error:
        return Diagnosis("PostgreSQL", Health.NEEDED, "missing", str(error))
    others = ", ".join(one.version for one in list_programs() if one != programs)
    also = f"; also {others}" if others else ""
    return Diagnosis("PostgreSQL", Health.GOOD, f"{programs.version} with PostGIS in {programs.folder}{also}")


def examine_database(settings: Settings) -> Diagnosis:
    """Look at the private server, or reach the operator's own."""
    from gis.store.cluster import ClusterState, get_cluster, server_version  # noqa: PLC0415 - may be broken

    if settings.database_url is not None:
        return Diagnosis(
            "database", Health.GOOD, f"your server answers: PostgreSQL {server_version(settings)}"
        )
    cluster = get_cluster(settings)
    status = cluster.status()
    if cluster.major is not None:
        cluster.own_programs()
    where = f"{status.state.value}, in {status.data}"
    if status.state is ClusterState.RUNNING:
        return Diagnosis("database", Health.GOOD, f"{where}, as the user {status.account}")
    return Diagnosis("database", Health.WISHED, where, "it starts by itself, or: wangge database start")


def examine_schema(settings: Settings) -> Diagnosis:
    """Compare the schema with this version's, if the server runs."""
    state = _migration_state(settings)
    if state is None:
        return Diagnosis("schema", Health.WISHED, "nothing to look at before the database runs", "make setup")
    if state.is_current:
        return Diagnosis("schema", Health.GOOD, f"up to date ({state.current})")
    found = f"at {state.current or 'nothing'}, this version needs {state.head}"
    return Diagnosis("schema", Health.NEEDED, found, "wangge database upgrade")


def examine_kernel() -> Diagnosis:
    """Look whether points are located by compiled code or by NumPy."""
    from gis.gridding.coverage.kernel import IS_COMPILED, IS_OUTDATED  # noqa: PLC0415 - imports NumPy

    return _examine_compiled("look-up kernel", is_compiled=IS_COMPILED, is_outdated=IS_OUTDATED)


def examine_building() -> Diagnosis:
    """Look whether indexes are built by compiled code or by NumPy."""
    from gis.gridding.coverage.building.compiled import IS_OUTDATED, build  # noqa: PLC0415 - imports NumPy

    return _examine_compiled("index kernel", is_compiled=build is not None, is_outdated=IS_OUTDATED)


def examine_checks() -> Diagnosis:
    """Look whether edges are added up by compiled code or by NumPy."""
    from gis.gridding.chain.compiled import IS_OUTDATED, chain  # noqa: PLC0415 - imports NumPy

    return _examine_compiled("check kernel", is_compiled=chain is not None, is_outdated=IS_OUTDATED)


def examine_edits() -> Diagnosis:
    """Look whether faults follow edits by compiled code or by Python."""
    from gis.gridding.watching.compiled import IS_OUTDATED, watch  # noqa: PLC0415 - imports NumPy

    return _examine_compiled("edit kernel", is_compiled=watch is not None, is_outdated=IS_OUTDATED)


def _examine_compiled(name: str, *, is_compiled: bool, is_outdated: bool) -> Diagnosis:
    if is_compiled:
        return Diagnosis(name, Health.GOOD, "compiled")
    if is_outdated:
        found = "compiled from older sources: NumPy answers, more slowly"
        return Diagnosis(name, Health.WISHED, found, "compile again with `make setup`")
    remedy = "sudo apt-get install -y gcc libc6-dev python3-dev (Fedora: gcc python3-devel), then make setup"
    return Diagnosis(name, Health.WISHED, "not compiled: NumPy answers, more slowly", remedy)


def examine_vendor() -> Diagnosis:
    """Look for the browser code that the pages need, which is filled in at set-up."""
    from gis.maps.vendor import missing_assets  # noqa: PLC0415 - imports folium, which may be broken

    missing = missing_assets()
    if missing:
        return Diagnosis(
            "browser code", Health.NEEDED, f"{len(missing)} files missing: {missing[0]}", "make setup"
        )
    return Diagnosis("browser code", Health.GOOD, "complete")


def examine_npm() -> Diagnosis:
    """Look for npm, which set-up needs once to fetch the browser code."""
    beside = Path(sys.executable).parent / "npm"
    npm = str(beside) if beside.exists() else shutil.which("npm")
    if npm is None:
        return Diagnosis("npm", Health.WISHED, "missing; needed to fill in the browser code", "make setup")
    return Diagnosis("npm", Health.GOOD, npm)


def examine_browser() -> Diagnosis:
    """Look for a Chromium, needed by tests and for PNG pictures of maps."""
    from gis.maps.picture import find_browser  # noqa: PLC0415 - imports GeoPandas, which may be broken

    try:
        return Diagnosis("Chromium", Health.GOOD, find_browser())
    except SetupError as error:
        return Diagnosis("Chromium", Health.WISHED, "missing", str(error))


def examine_font() -> Diagnosis:
    """Look for a font with Chinese, needed by PNG pictures of maps."""
    if has_chinese_font():
        return Diagnosis("Chinese font", Health.GOOD, "there")
    remedy = "sudo apt-get install -y fonts-noto-cjk (Fedora: google-noto-sans-cjk-fonts)"
    return Diagnosis("Chinese font", Health.WISHED, "missing: pictures would show boxes", remedy)


def examine_disk(home: Path) -> Diagnosis:
    """Look at the free space where the data are."""
    folder = home.resolve()
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    health = Health.GOOD if free_gb >= LEAST_DISK_GB else Health.NEEDED
    return Diagnosis(
        "disk", health, f"{free_gb:,.1f} GB free at {folder}", f"free {LEAST_DISK_GB:g} GB there"
    )


def examine_memory() -> Diagnosis:
    """Look at the machine's memory."""
    total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    health = Health.GOOD if total_gb >= LEAST_MEMORY_GB else Health.WISHED
    return Diagnosis(
        "memory", health, f"{total_gb:,.1f} GB", f"{LEAST_MEMORY_GB:g} GB make a district fluent"
    )


def examine_port(host: str, port: int) -> Diagnosis:
    """Try whether the service could listen."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        with socket.create_server((host, port), family=family):
            return Diagnosis("port", Health.GOOD, f"{host} port {port} is free")
    except OSError as error:
        found = f"{host} port {port}: {error.strerror or error}"
        return Diagnosis(
            "port", Health.WISHED, found, "a service runs already, or choose with WANGGE_PORT=8001"
        )


def has_chinese_font() -> bool:
    """Say whether a font with Chinese is installed; macOS brings its own."""
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    return sys.platform == "darwin" or any(
        next(folder.rglob(name), None) for folder in folders if folder.is_dir() for name in FONT_NAMES
    )


def _migration_state(settings: Settings) -> MigrationState | None:
    """Return where the schema stands; None if there is no database yet or the private server is stopped."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - may be what is broken

    from gis.store.cluster import ClusterState, database_url, get_cluster  # noqa: PLC0415 - likewise
    from gis.store.migrate import migration_state  # noqa: PLC0415 - likewise

    if settings.database_url is not None:
        url = database_url(settings)
    else:
        cluster = get_cluster(settings)
        running = cluster.status().state is ClusterState.RUNNING
        if not running or not cluster.has_database(settings.database_name):
            return None
        url = cluster.url(settings.database_name)
    engine = create_engine(url, connect_args={"connect_timeout": 10})
    try:
        return migration_state(engine)
    finally:
        engine.dispose()


def _tried(name: str, check: Callable[[], Diagnosis]) -> Diagnosis:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever is broken is the diagnosis
        return _broken(name, error, "make setup")


def _broken(name: str, error: Exception, remedy: str) -> Diagnosis:
    if isinstance(error, SetupError):
        return Diagnosis(name, Health.NEEDED, "not usable", str(error))
    said = str(error).strip().split("\n")[0]
    return Diagnosis(name, Health.NEEDED, f"{type(error).__name__}: {said}", remedy)
