"""Find PostgreSQL's programs on this machine, and the account a private server runs under."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from gis.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

APT_INSTALL = "sudo apt-get install -y postgresql-postgis"
BREW_INSTALL = "brew install postgresql@17 postgis"
DNF_INSTALL = "sudo dnf install -y postgresql-server postgresql-contrib postgis"
NEEDED_PROGRAMS = ("initdb", "pg_ctl", "postgres")


@dataclass(frozen=True, slots=True)
class Programs:
    """One installation of PostgreSQL.

    Attributes:
        folder: Where `initdb`, `pg_ctl` and `postgres` are.
        version: Full version, as `15.13`.
        major: Major version; data folders of another major version cannot be used with it.
        has_postgis: Whether the extension's files are installed for this version.
    """

    folder: Path
    version: str
    major: int
    has_postgis: bool

    @property
    def install_postgis(self) -> str:
        """The command that adds PostGIS to this installation."""
        if sys.platform == "darwin":
            return "brew install postgis"
        if shutil.which("dnf"):
            return "sudo dnf install -y postgis"
        return f"sudo apt-get install -y postgresql-{self.major}-postgis-3"


@dataclass(frozen=True, slots=True)
class Account:
    """The system user a server runs under."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> Self:
        """Look up a user id; PostgreSQL itself needs the name."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise SetupError(
                f"User id {uid} has no name on this machine, and PostgreSQL needs one: add it to /etc/passwd "
                "or run as a named user."
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


def installation_hint() -> str:
    """Return the one command that installs PostgreSQL with PostGIS on this kind of system."""
    if sys.platform == "darwin":
        return BREW_INSTALL
    return DNF_INSTALL if shutil.which("dnf") and not shutil.which("apt-get") else APT_INSTALL


def list_programs() -> list[Programs]:
    """List every installation found: Debian's folder, PATH, Homebrew, Postgres.app; newest first."""
    found: dict[Path, Programs] = {}
    for folder in _candidate_folders():
        if all((folder / name).is_file() for name in NEEDED_PROGRAMS):
            programs = _read_programs((folder / "pg_ctl").resolve().parent)
            if programs is not None:
                found.setdefault(programs.folder, programs)
    # PATH may repeat an installation under another name; the newest that has PostGIS is wanted first
    return sorted(found.values(), key=lambda one: (one.has_postgis, one.major), reverse=True)


def require_programs(major: int | None = None) -> Programs:
    """Return the newest installation with PostGIS, or the one of `major`.

    Raises:
        SetupError: There is none; the text is the command that installs it.
    """
    installed = list_programs()
    fitting = [one for one in installed if major in (None, one.major)]
    if not installed:
        raise SetupError(f"PostgreSQL with PostGIS is not installed. Install it: {installation_hint()}")
    if not fitting:
        there = ", ".join(f"{one.version} in {one.folder}" for one in installed)
        raise SetupError(f"The programs of PostgreSQL {major} are not installed; this machine has {there}.")
    if not fitting[0].has_postgis:
        raise SetupError(
            f"PostgreSQL {fitting[0].version} in {fitting[0].folder} has no PostGIS. "
            f"Install it: {fitting[0].install_postgis}"
        )
    return fitting[0]


def run_as(account: Account, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program under `account` and return what it said; of our environment it gets PATH only."""
    environment = {"PATH": os.pathsep.join(os.get_exec_path()), "LC_ALL": "C"}
    other = os.geteuid() == 0 and account.uid != 0
    return subprocess.run(  # noqa: S603 - the programs are those found above, the arguments our own
        [str(part) for part in command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd="/",
        env=environment,
        umask=0o077,
        user=account.uid if other else None,
        group=account.gid if other else None,
        extra_groups=[account.gid] if other else None,
    )


def _candidate_folders() -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    yield from map(Path, filter(None, os.get_exec_path()))
    for prefix in (Path("/opt/homebrew/opt"), Path("/usr/local/opt")):
        yield from prefix.glob("postgresql@*/bin")
        yield prefix / "postgresql" / "bin"
    yield from Path("/Applications/Postgres.app/Contents/Versions").glob("*/bin")
    yield from Path("/usr").glob("pgsql-*/bin")


def _read_programs(folder: Path) -> Programs | None:
    """Ask the programs for their version; None if they do not run here or say nothing usable."""
    version = re.search(r"(\d+)(?:\.\d+|beta\d+|rc\d+|devel)+", _first_line(folder / "postgres", "--version"))
    if version is None:
        return None
    major = int(version.group(1))
    shared = _first_line(folder / "pg_config", "--sharedir") or f"/usr/share/postgresql/{major}"
    has_postgis = Path(shared, "extension", "postgis.control").is_file()
    return Programs(folder, version.group(0), major, has_postgis)


@cache
def _first_line(program: Path, option: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program of PostgreSQL asked for its version
            [program, option], check=False, capture_output=True, encoding="utf-8", timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().split("\n")[0]
