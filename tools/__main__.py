"""`python3 -m tools setup | run | ready | doctor | lock | clean`: what the Makefile calls."""

from __future__ import annotations

import os
import shutil
import sys
import time

from tools.shell import BIN, ROOT, VENV, SetupFailedError, call, say

OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")
LOCKS = {"requirements.lock": (), "requirements-dev.lock": ("--group", "dev", "-c", "requirements.lock")}
MADE = (
    *(".venv", "node_modules", "gis/web/vendor", "dist", "build"),
    *(".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".import_linter_cache"),
)


def set_up(*, for_tests: bool) -> None:
    """Bring this machine and checkout to where the software runs; quick when nothing is missing."""
    from tools import machine, steps  # noqa: PLC0415 - only a new enough Python can read them

    begin = time.monotonic()
    machine.require_packages(for_tests=for_tests)
    if not VENV.exists():  # once: what could not be had then is not asked for every time
        machine.install_wishes()
    steps.make_environment()
    steps.fill_vendor()
    steps.upgrade_database()
    say(f"Ready after {time.monotonic() - begin:.0f} s.")


def run() -> None:
    """Set up, load the sample district, and become the service."""
    from tools import steps  # noqa: PLC0415 - see above

    steps.require_free_port()
    set_up(for_tests=False)
    steps.load_sample()
    steps.make_demo_users()
    say("Ctrl-C stops the service. The database keeps running for the next command; `make stop` stops it.")
    wangge = BIN / "wangge"
    os.execv(wangge, [str(wangge), "serve"])  # noqa: S606 - Ctrl-C shall reach the service itself


def doctor() -> int:
    """Let `wangge doctor` speak, or say how to get as far as that."""
    python = BIN / "python"
    if not python.exists():
        say("Nothing is installed in this checkout yet: run `make setup` first.")
        return 1
    return call(python, "-m", "gis.cli.doctor", may_fail=True)


def lock() -> None:
    """Write both lock files anew from pyproject.toml; versions stay unless a requirement moved."""
    uv = shutil.which("uv")
    if uv is None:
        raise SetupFailedError("`make lock` needs uv on PATH: install it with `pipx install uv`.")
    for target, options in LOCKS.items():
        call(
            *(uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"),
            *("--python-version", ".".join(map(str, OLDEST)), "pyproject.toml", *options, "-o", target),
        )


def clean() -> None:
    """Remove what set-up and tools made, but never data."""
    for name in MADE:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for package in ("gis", "tests", "tools", "benchmarks"):
        for cache in list((ROOT / package).rglob("__pycache__")):
            shutil.rmtree(cache, ignore_errors=True)
    say("The private database is kept in .wangge; to delete its data: wangge database reset --apply")


def use_newer_python() -> None:
    """Go on in a newer Python if this one is too old, or say which one is needed."""
    if sys.version_info[:2] >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, "-m", "tools", *sys.argv[1:]])  # noqa: S606 - the same program, newer
    raise SetupFailedError(
        "Python 3.11 or newer is needed; this is {}.{}. On Debian 12: sudo apt-get install -y python3; "
        "on macOS: brew install python@3.12; on Fedora: sudo dnf install -y python3.12".format(
            *sys.version_info
        )
    )


def main() -> int:
    """Do one task; a failure is a sentence and exit code 1, never a traceback."""
    tasks = {
        "setup": lambda: set_up(for_tests=False),
        "ready": lambda: set_up(for_tests=True),
        "run": run,
        "doctor": doctor,
        "lock": lock,
        "clean": clean,
    }
    task = tasks.get(sys.argv[1]) if len(sys.argv) == 2 else None  # noqa: PLR2004 - the program and one task
    if task is None:
        say(__doc__ or "")
        return 2
    try:
        use_newer_python()
        return task() or 0
    except SetupFailedError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
