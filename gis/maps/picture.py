"""A picture of a page, taken by the system's own Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gis.errors import SetupError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_SIZE = (1600, 1000)
_TIME_LIMIT_S = 90
_DRAWING_MS = 8000


def find_browser() -> str:
    """Return the path of a Chromium-like browser on PATH.

    Raises:
        SetupError: If there is none, with how to install one.
    """
    for name in _BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    raise SetupError(
        "A picture of a map needs Chromium on PATH: `sudo apt-get install chromium` on Debian or Ubuntu, "
        "`brew install --cask chromium` on macOS. HTML pages need nothing."
    )


def picture_of(html: str, *, size: tuple[int, int] = _SIZE, time_limit_s: float = _TIME_LIMIT_S) -> bytes:
    """Return a PNG of a self-contained page, twice as fine as its size in CSS pixels.

    Args:
        html: The whole page; it is opened from a temporary file.
        size: Width and height in CSS pixels.
        time_limit_s: The browser is ended after this time.

    Raises:
        SetupError: If there is no browser, or it makes no picture in time.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="wangge-picture-", ignore_cleanup_errors=True) as folder:
        page, picture = Path(folder, "page.html"), Path(folder, "page.png")
        page.write_text(html, "utf-8")
        command = [
            browser,
            "--headless=new",
            f"--user-data-dir={folder}/profile",
            f"--screenshot={picture}",
            f"--window-size={size[0]},{size[1]}",
            f"--virtual-time-budget={_DRAWING_MS}",
            "--force-device-scale-factor=2",
            "--hide-scrollbars",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            *_sandbox_flags(),
            f"{page.as_uri()}#still",
        ]
        try:
            # the command is a program found on PATH with arguments of ours
            done = subprocess.run(command, capture_output=True, timeout=time_limit_s, check=False)  # noqa: S603 - our own command
        except subprocess.TimeoutExpired as error:
            raise SetupError(f"{browser} made no picture in {time_limit_s:g} s; draw fewer grids.") from error
        if not picture.is_file():
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise SetupError(f"{browser} made no picture (exit code {done.returncode}): {''.join(last)}")
        return picture.read_bytes()


def _sandbox_flags() -> list[str]:
    """Chromium refuses to run as root with its sandbox; for everybody else the sandbox stays on."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if is_root else []
