"""Say what is done, run programs, remember what was done."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"


class SetupFailedError(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line at once, also when the output is a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def call(*command: str | Path, may_fail: bool = False) -> int:
    """Run a program in the checkout, with the environment's programs first on PATH; return its exit code.

    Raises:
        SetupFailedError: It failed, and may not; what it said has been shown.
    """
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    parts = [str(part) for part in command]
    try:
        code = subprocess.run(parts, check=False, cwd=ROOT, env=environment).returncode  # noqa: S603 - our own
    except FileNotFoundError:
        raise SetupFailedError(f"{parts[0]} is missing.") from None
    if code != 0 and not may_fail:
        raise SetupFailedError(f"This failed: {' '.join(parts)}")
    return code


def hash_of(*parts: str | Path) -> str:
    """Return one hash over texts and the contents of files; a file that is missing counts as empty."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part.read_bytes() if part.is_file() else b""
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def is_done(step: str, mark: str) -> bool:
    """Say whether a step was done in this environment with the same inputs."""
    stamp = _stamp(step)
    return stamp.is_file() and stamp.read_text(encoding="ascii") == mark


def remember(step: str, mark: str) -> None:
    """Note that a step was done; the note goes with the environment."""
    _stamp(step).parent.mkdir(exist_ok=True)
    _stamp(step).write_text(mark, encoding="ascii")


def _stamp(step: str) -> Path:
    return VENV / "set-up" / step
