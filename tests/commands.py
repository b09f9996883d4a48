"""The command line as its user runs it, against a database of its own: in this process, or in one of its own.

Most tests run `main` in this process: to start Python and import takes longer than most commands work.
That every noun and verb works as a process is shown by `tests/cli/test_alone.py`.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

import people
import pytest
from shapely import to_geojson

from gis.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from gis.settings import Settings

WANGGE = (sys.executable, "-m", "gis.cli.main")


def environment(settings: Settings, **further: str) -> dict[str, str]:
    """Return what leads a process to the database of these settings."""
    return os.environ | {"WANGGE_DATABASE_URL": settings.database_url or ""} | further


@dataclass(frozen=True)
class Done:
    """What a command said before it ended."""

    stdout: bytes
    stderr: bytes


def run(settings: Settings, *arguments: str, code: int = 0) -> Done:
    """Run a command in this process, to an exit code and never to an exception."""
    said, complained = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(one, "utf-8", write_through=True) for one in (said, complained))
    taken = as_a_command(settings, *arguments)
    with taken, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main()
    done = Done(said.getvalue(), complained.getvalue())
    assert ended.value.code == code, (done.stdout + done.stderr).decode()
    return done


@contextmanager
def as_a_command(settings: Settings, *arguments: str) -> Iterator[None]:
    """Give this process the arguments and environment of a command, and take back what it sets for good."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with patch.object(sys, "argv", ["wangge", *arguments]), patch.dict(os.environ, environment(settings)):
        try:
            yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


def run_alone(settings: Settings, *arguments: str, code: int = 0) -> Done:
    """Run a command as a process that ends with a code, and never with a traceback."""
    done = subprocess.run([*WANGGE, *arguments], env=environment(settings), capture_output=True, check=False)
    assert done.returncode == code, (done.stdout + done.stderr).decode()
    assert b"Traceback" not in done.stderr
    return Done(done.stdout, done.stderr)


def wangge(settings: Settings, *arguments: str, code: int = 0) -> str:
    """Run a command and return all it says."""
    done = run(settings, *arguments, code=code)
    return (done.stdout + done.stderr).decode()


def layer(path: Path, **shapes: BaseGeometry) -> str:
    """Write grids or areas by code, of 100 households each, as GeoJSON; return the path."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "households": 100},
            "geometry": json.loads(to_geojson(shape)),
        }
        for code, shape in shapes.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def address_in(said: Path) -> str:
    """Wait until `wangge serve` says where it is."""
    for _ in range(300):
        if found := re.match(r"start page +(http://127\.0\.0\.1:\d+/)\n", said.read_text()):
            return found[1]
        time.sleep(0.2)
    raise AssertionError(f"no address in {said.read_text()!r}")


@dataclass(frozen=True)
class Service:
    """A running `wangge serve`, and the token of somebody who may do whatever staff may."""

    address: str
    token: str
    log: Path
    process: subprocess.Popen[bytes]


@contextmanager
def served(settings: Settings, folder: Path, *options: str, **further: str) -> Iterator[Service]:
    """Run `wangge serve` on a free port, with its log in a folder."""
    said, log = folder / "said", folder / "log"
    token = people.token_for(settings, f"staff-{uuid.uuid4().hex[:8]}")
    with said.open("w") as out, log.open("w") as err:
        process = subprocess.Popen(
            [*WANGGE, "serve", "--port", "0", *options],
            env=environment(settings, **further),
            stdout=out,
            stderr=err,
        )
        try:
            yield Service(address_in(said), token, log, process)
        finally:
            process.terminate()
            process.wait(timeout=60)
