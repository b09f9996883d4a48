"""The system's packages: which are missing, and how this kind of machine gets them."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

# plain Python as well: they import nothing that is installed only later
from gis.store.server.programs import list_programs
from gis.workflows.doctor import has_chinese_font
from tools.kernel import find_compiler
from tools.shell import SetupFailedError, call, say

if TYPE_CHECKING:
    from collections.abc import Callable

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSERS_OF_MACOS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")


@dataclass(frozen=True)
class Need:
    """Something the system must have.

    Attributes:
        what: For people.
        is_there: Tells whether it is, by looking for the thing itself and not for a package.
        apt, dnf, brew: Packages that bring it; empty where the system has it anyway.
        only_for_tests: Whether the service runs without it.
    """

    what: str
    is_there: Callable[[], bool]
    apt: tuple[str, ...]
    dnf: tuple[str, ...]
    brew: tuple[str, ...]
    only_for_tests: bool = False


def has_venv() -> bool:
    """Say whether this Python can make environments (Debian packs that apart)."""
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def has_postgis() -> bool:
    """Say whether a private server can run here, or is not wanted."""
    return bool(os.environ.get("WANGGE_DATABASE_URL")) or any(one.has_postgis for one in list_programs())


def has_atomic() -> bool:
    """Say whether the program that drives the browser in tests can be loaded; it links this library."""
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def has_browser() -> bool:
    """Say whether there is a Chromium for tests and pictures."""
    return any(map(shutil.which, BROWSERS)) or any(
        Path("/Applications", name).exists() for name in BROWSERS_OF_MACOS
    )


NEEDS = (
    Need("Python's venv and pip", has_venv, ("python3-venv",), ("python3-pip",), ("python@3.12",)),
    Need(
        "PostgreSQL with PostGIS",
        has_postgis,
        ("postgresql-postgis",),
        ("postgresql-server", "postgresql-contrib", "postgis"),
        ("postgresql@17", "postgis"),
    ),
    Need("libatomic", has_atomic, ("libatomic1",), ("libatomic",), (), only_for_tests=True),
    Need(
        "Chromium",
        has_browser,
        ("chromium", "chromium-sandbox"),
        ("chromium",),
        ("--cask", "chromium"),
        only_for_tests=True,
    ),
    Need(
        "a Chinese font",
        has_chinese_font,
        ("fonts-noto-cjk",),
        ("google-noto-sans-cjk-fonts",),
        (),
        only_for_tests=True,
    ),
)


WISHES = (
    Need(
        "a C compiler and Python's headers (points are located four times as fast)",
        lambda: find_compiler() is not None,
        ("gcc", "libc6-dev", "python3-dev"),
        ("gcc", "python3-devel"),
        (),
    ),
)
"""What set-up installs where it may, and does without elsewhere."""


def require_packages(*, for_tests: bool) -> None:
    """Install what is missing if that can be done here, else say exactly how.

    Raises:
        SetupFailedError: Something is missing and cannot be installed by this user on this system.
    """
    missing = [need for need in NEEDS if (for_tests or not need.only_for_tests) and not need.is_there()]
    if not missing:
        return
    say(f"Missing on this machine: {', '.join(need.what for need in missing)}.")
    if not shutil.which("apt-get"):
        raise SetupFailedError(f"Install them and run this again:\n\n{_command_elsewhere(missing)}")
    packages = [package for need in missing for package in need.apt]
    _install_with_apt(packages)
    importlib.invalidate_caches()
    if left := [need.what for need in missing if not need.is_there()]:
        raise SetupFailedError(f"After installing {' '.join(packages)} there is still no {', '.join(left)}.")


def install_wishes() -> None:
    """Install what is wished for where that can be done without asking, and go on without it elsewhere."""
    wished = [wish for wish in WISHES if not wish.is_there()]
    if not wished:
        return
    may_install = shutil.which("apt-get") and (os.geteuid() == 0 or _may_sudo())
    try:
        if may_install:
            _install_with_apt([package for wish in wished for package in wish.apt])
    except SetupFailedError as error:
        say(str(error))
    if left := [wish for wish in wished if not wish.is_there()]:
        names = ", ".join(wish.what for wish in left)
        say(f"Going on without {names}. To have it:\n{_command_elsewhere(left)}")


def _install_with_apt(packages: list[str]) -> None:
    """Install as root, or through sudo."""
    install = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    by_hand = f"apt-get update && {install}"
    if os.geteuid() == 0:
        prefix = ["env"]
    elif _may_sudo():
        prefix = ["sudo", "env"]
    else:
        raise SetupFailedError(
            "This user may not install packages. Run this one command as root (or let an administrator), "
            f"then make again:\n\n    {by_hand}"
        )
    say(f"Installing them as root: {by_hand}")
    # a fresh machine often has its own first updates running: wait for them
    apt = [
        *prefix,
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-qq",
        "-o",
        "Dpkg::Use-Pty=0",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]
    if call(*apt, "update", may_fail=True) != 0:
        say("The package lists could not all be renewed; trying with those that are there.")
    try:
        call(*apt, "install", "-y", "--no-install-recommends", *packages)
    except SetupFailedError as error:
        raise SetupFailedError(f"{error}\nBy hand, as root:\n\n    {by_hand}") from None


def _may_sudo() -> bool:
    """Say whether sudo works: without a password, or with one that somebody at a terminal can type."""
    sudo = shutil.which("sudo")
    if sudo is None:
        return False
    asked = subprocess.run([sudo, "-n", "true"], check=False, capture_output=True, text=True)  # noqa: S603 - sudo
    if asked.returncode == 0:
        return True
    may_ask = "password is required" in asked.stderr and sys.stdin.isatty()
    return may_ask and call(sudo, "-v", may_fail=True) == 0


def _command_elsewhere(missing: list[Need]) -> str:
    """Return the command for a system that is not Debian's kind."""
    if sys.platform == "darwin":
        packages = [" ".join(need.brew) for need in missing if need.brew]
        plain = [one for one in packages if not one.startswith("--cask")]
        commands = [f"    brew install {' '.join(plain)}"] if plain else []
        return "\n".join(commands + [f"    brew install {one}" for one in packages if one not in plain])
    names = [package for need in missing for package in need.dnf]
    if shutil.which("dnf"):
        return f"    sudo dnf install -y {' '.join(names)}"
    return "    (by your system's package manager; Debian's names: {})".format(
        " ".join(package for need in missing for package in need.apt)
    )
