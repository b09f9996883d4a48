"""The steps of set-up inside the checkout; each does nothing when it was done with the same inputs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

from tools.kernel import SOURCES, find_compiler
from tools.shell import BIN, ROOT, VENV, SetupFailedError, call, hash_of, is_done, remember, say

LOCK = ROOT / "requirements-dev.lock"
VENDOR = ROOT / "gis" / "web" / "vendor"
PIP = (BIN / "python", "-m", "pip", "--disable-pip-version-check", "--no-input")


def make_environment() -> None:
    """Make `.venv` with exactly the packages of the lock file, and the checkout itself installed in it."""
    # scripts name their interpreter by its full path, so a moved checkout needs a new environment
    mark = hash_of(str(VENV), ".".join(map(str, sys.version_info[:2])))
    if not (is_done("python", mark) and _python_works()):
        if VENV.exists() and not (VENV / "pyvenv.cfg").exists():
            raise SetupFailedError(f"{VENV} is there and no Python environment: move it away.")
        say("Making the Python environment in .venv")
        call(sys.executable, "-m", "venv", "--clear", VENV)
        remember("python", mark)
    mark = hash_of(LOCK)
    if not is_done("packages", mark):
        say("Installing the Python packages of requirements-dev.lock")
        # wheels only: building a package from source would fetch build tools that no lock names
        call(*PIP, "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", LOCK)
        remember("packages", mark)
    mark = hash_of(ROOT / "pyproject.toml", ROOT / "gis" / "__init__.py", *SOURCES, str(find_compiler()))
    if not is_done("wangge", mark):
        call(*PIP, "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-e", ROOT)
        remember("wangge", mark)


def fill_vendor() -> None:
    """Fetch the browser code that package-lock.json names and copy what the pages use; no script is run."""
    mark = hash_of(ROOT / "package-lock.json", ROOT / "gis" / "maps" / "vendor.py", LOCK)
    if is_done("vendor", mark) and VENDOR.is_dir():
        return
    npm = BIN / "npm" if (BIN / "npm").exists() else shutil.which("npm")
    if npm is None:
        raise SetupFailedError("npm is missing: install Node.js 20 or newer.")
    say("Fetching the browser code of package-lock.json")
    call(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    call(BIN / "python", "-m", "gis.maps.vendor")
    remember("vendor", mark)


def upgrade_database() -> None:
    """Start the private server if it is wanted, and bring the schema to the newest version."""
    call(BIN / "wangge", "database", "upgrade")


def load_sample() -> None:
    """Load the sample district, unless the database holds one already."""
    call(BIN / "wangge", "sample", "load")


def make_demo_users() -> None:
    """Make the demo accounts of the sample district and say them; none on a district of one's own."""
    call(BIN / "wangge", "user", "demo")


def require_free_port() -> None:
    """Try the address to serve on; say how to choose another one before any work is done for nothing.

    Raises:
        SetupFailedError: The port is taken, or is no port.
    """
    host = os.environ.get("WANGGE_HOST", "127.0.0.1")
    try:
        port = int(os.environ.get("WANGGE_PORT", "8000"))
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except (OSError, ValueError, OverflowError) as error:
        raise SetupFailedError(
            f"Cannot serve on {host} port {os.environ.get('WANGGE_PORT', '8000')}: {error}.\n"
            "Choose another port: make run WANGGE_PORT=8001"
        ) from None


def _python_works() -> bool:
    """Say whether the environment's interpreter still runs (the system's Python may have been replaced)."""
    python = BIN / "python"
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0  # noqa: S603 - ours
