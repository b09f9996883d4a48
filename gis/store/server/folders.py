"""Folders and files of the private server: where they are, whose they are, what stands in them."""

from __future__ import annotations

import hashlib
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import SetupError
from gis.store.server.programs import Account, Programs, run_as

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT = 5432  # names the socket; nothing listens on TCP
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 103  # sun_path holds 104 with the closing NUL on macOS, 108 on Linux
ELSEWHERE = Path("/var/lib/wangge")
POINTER = "postgres-is-in.txt"
LOG_BYTES = 10 * 2**20
LOG_TAIL_LINES = 20
MB = 2**20

logger = logging.getLogger(__name__)


def server_account(home: Path) -> Account:
    """Choose the server's system user: whoever owns the data; else this user, and for root `postgres`."""
    owner = _owner(_recorded_place(home.resolve()) / "postgres")
    if owner:
        return Account.of(owner)
    if os.geteuid() != 0:
        return Account.of(os.geteuid())
    try:
        return Account.of(pwd.getpwnam("postgres").pw_uid)
    except KeyError:
        raise SetupError(
            "PostgreSQL never runs as root, and this machine has no user `postgres` to run it: "
            "install PostgreSQL's packages, or run as an ordinary user."
        ) from None


def choose_place(home: Path, account: Account) -> Path:
    """Return the folder below which the server's files are: `home`, or one that `account` can reach.

    A checkout below /root cannot be entered by the unprivileged account. Its data are then kept in
    `ELSEWHERE`, and a plain file in `home` says where.
    """
    home = home.resolve()
    place = _recorded_place(home)
    if place != home or (home / "postgres").exists() or os.geteuid() != 0 or _may_enter(account, home):
        return place
    return ELSEWHERE / _hash(home)


def make_place(home: Path, place: Path) -> None:
    """Make the place, and if it is not `home`, the two files that name each other."""
    home = home.resolve()
    place.mkdir(parents=True, exist_ok=True)
    if place != home:
        if not (home / POINTER).exists():
            logger.warning("The server's account cannot enter %s: the database is kept in %s.", home, place)
        home.mkdir(parents=True, exist_ok=True)
        (home / POINTER).write_text(f"{place}\n", encoding="utf-8")
        (place / POINTER).write_text(f"{home}\n", encoding="utf-8")


def existing_major(place: Path, installed: Sequence[int]) -> int | None:
    """Return the major version of the data there: the newest the installed programs fit, else the newest."""
    majors = sorted(int(one.name) for one in (place / "postgres").glob("[1-9]*") if one.name.isdigit())
    return max((one for one in majors if one in installed), default=majors[-1] if majors else None)


def socket_folder(place: Path) -> Path:
    """Return `place`/run, or a folder of /tmp with a stable name if that path fits no socket or no URL."""
    folder = place / "run"
    plain = re.fullmatch(r"[\w./+@ -]+", str(folder), re.ASCII)
    if plain and len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return folder
    return Path("/tmp") / f"wangge-{_hash(place)}"  # noqa: S108 - its owner is checked at every use


def make_own_folder(folder: Path, account: Account) -> None:
    """Make a folder of the server's account, or refuse one that another user made."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        require_own_folder(folder, account)
    else:
        if os.geteuid() == 0:
            os.chown(folder, account.uid, account.gid)
    if os.geteuid() in {0, account.uid}:
        # the checkout's owner may pass through a folder that root made for another account
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def require_own_folder(folder: Path, account: Account) -> None:
    """Refuse a folder that is a link, of another user, or writable by others: a false server may wait there.

    Raises:
        SetupError: With the folder to remove.
    """
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and not found.st_mode & 0o022:
        return
    raise SetupError(
        f"{folder} is not a folder that belongs to {account.name} alone: remove it, or set WANGGE_HOME to a "
        "shorter path of your own."
    )


def refuse_foreign_data(place: Path, account: Account) -> None:
    """Raise SetupError if only another user may start or stop the server there."""
    if os.geteuid() not in {0, account.uid}:
        raise SetupError(
            f"The private database in {place} belongs to the user {account.name}. Start or stop it as that "
            "user or with sudo (sudo .venv/bin/wangge database start), or set WANGGE_HOME to a folder of "
            "your own."
        )


def make_data_folder(data: Path, programs: Programs, account: Account, role: str) -> None:
    """Make a new cluster: checksums, UTF-8, a byte-wise locale that is the same on every machine.

    It is made beside its place and moved there when it is whole, so that an interrupted set-up leaves none.
    """
    make_own_folder(data.parent, account)
    data.parent.chmod(0o755)  # the checkout's owner may see which versions root made
    making = data.with_name(f"making-{data.name}")
    shutil.rmtree(making, ignore_errors=True)
    make_own_folder(making, account)
    making.chmod(0o700)
    done = run_as(
        account,
        programs.folder / "initdb",
        *("-D", making, f"--username={role}", "--auth=peer"),
        *("--encoding=UTF8", f"--locale={_locale()}", "--data-checksums"),
    )
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise SetupError(f"The private database cannot be made in {data}:\n{done.stdout.strip()}")
    with (making / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'wangge.conf'  # written anew at every start\n")
    making.rename(data)


def write_configuration(data: Path, socket: Path, account: Account, role: str, comers: Sequence[int]) -> None:
    """Write the server's settings and who may come in; at every start, as the checkout may have moved."""
    memory_mb = _memory_bytes() // MB
    settings = [
        "listen_addresses = ''",
        f"port = {PORT}",
        f"unix_socket_directories = '{socket}'",
        # nothing here may be weakened: an acknowledged event survives the death of any process
        "fsync = on",
        "full_page_writes = on",
        "synchronous_commit = on",
        f"shared_buffers = {min(1024, max(128, memory_mb // 8))}MB",
        f"effective_cache_size = {max(256, memory_mb // 2)}MB",
        "work_mem = 16MB",
        "maintenance_work_mem = 128MB",
        "max_wal_size = 2GB",
        "random_page_cost = 1.1",
        "jit = off",
        "timezone = 'UTC'",
        "log_timezone = 'UTC'",
        "log_checkpoints = off",
        f"dynamic_shared_memory_type = {_shared_memory_type()}",
    ]
    names = sorted({name for name in map(_name_of, comers) if name})
    texts = {
        "wangge.conf": "\n".join(settings),
        "pg_hba.conf": "local all all peer map=wangge",
        "pg_ident.conf": "\n".join(f'wangge "{name}" {role}' for name in names),
    }
    for name, text in texts.items():
        path = data / name
        path.write_text(f"# written by wangge at every start of the server\n{text}\n", encoding="utf-8")
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, account.uid, account.gid)


def server_pid(data: Path) -> int | None:
    """Return the server's process id, or None if the pid file is missing, stale, or names another process."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
        os.kill(pid, 0)
    except PermissionError:
        return None  # the data are another user's; only trying the socket can tell
    except (OSError, ValueError):
        return None
    return pid if _works_in(pid, data) else None


def remove_stale_files(data: Path, socket: Path) -> None:
    """Remove what a killed server left; the caller knows that none runs and holds the lock.

    PostgreSQL itself would take any process of this user with the recorded id for a running server.
    """
    for path in (data / "postmaster.pid", socket / SOCKET_NAME, socket / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)


def rotate_log(log: Path) -> None:
    """Put a log that has grown large aside, once."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.rename(log.with_suffix(".log.old"))


def log_tail(log: Path, begin: int) -> str:
    """Return the last lines that were logged after byte `begin`."""
    try:
        with log.open("rb") as file:
            file.seek(begin)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.strip().split("\n")[-LOG_TAIL_LINES:])


def folder_size(folder: Path) -> int | None:
    """Return the bytes of all files below; None if the folder may not be read."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return None
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(base, name)).st_size  # noqa: PTH118 - thousands of files
            except FileNotFoundError:
                continue  # the running server removes files while we look
    return total


def _recorded_place(home: Path) -> Path:
    """Return where the pointer file says the data are; `home` if there is none, or it came with a copy."""
    try:
        place = Path((home / POINTER).read_text(encoding="utf-8").strip())
        owner = Path((place / POINTER).read_text(encoding="utf-8").strip())
    except OSError:
        return home
    return home if owner != home and (owner / POINTER).exists() else place


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _name_of(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _may_enter(account: Account, folder: Path) -> bool:
    """Try whether the account can pass into the nearest existing folder."""
    while not folder.exists():
        folder = folder.parent
    return run_as(account, "/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0


def _works_in(pid: int, data: Path) -> bool:
    """Say whether a process is the server of this data folder: a server's working folder is its data."""
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").samefile(data)
        except OSError:
            return False  # gone, a zombie, or another user's: no server of these data
    said = _what_says("ps", "-o", "command=", "-p", str(pid))
    return said is None or "postgres" in said


def _locale() -> str:
    said = _what_says("locale", "-a") or ""
    return "C.UTF-8" if {"C.UTF-8", "C.utf8"} & set(said.split()) else "C"


def _what_says(program: str, *arguments: str) -> str | None:
    """Return what a small program of the system prints; None if this system has none."""
    path = shutil.which(program)
    if path is None:
        return None
    done = subprocess.run([path, *arguments], check=False, capture_output=True, encoding="utf-8")  # noqa: S603 - as named
    return done.stdout


def _memory_bytes() -> int:
    """Return the memory this machine or container has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return memory
    return min(memory, int(limit)) if limit.isdigit() else memory


def _shared_memory_type() -> str:
    """Choose where parallel workers share memory: containers often have a /dev/shm too small for it."""
    try:
        shared = os.statvfs("/dev/shm")  # noqa: S108 - only asked for its size
    except OSError:
        return "sysv" if Path("/proc/sys/kernel/shmmax").exists() else "posix"
    return "posix" if shared.f_frsize * shared.f_blocks >= 256 * MB else "mmap"
