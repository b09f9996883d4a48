"""The command line as its user runs it: a process of its own, against a database of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapely import to_geojson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from gis.settings import Settings

WANGGE = (sys.executable, "-m", "gis.cli.main")


def environment(settings: Settings, **further: str) -> dict[str, str]:
    """Return what leads a process to the database of these settings."""
    return os.environ | {"WANGGE_DATABASE_URL": settings.database_url or "", "COLUMNS": "200"} | further


def run(settings: Settings, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """Run a command that ends with a code, and never with a traceback."""
    done = subprocess.run([*WANGGE, *arguments], env=environment(settings), capture_output=True, check=False)
    assert done.returncode == code, (done.stdout + done.stderr).decode()
    assert b"Traceback" not in done.stderr
    return done


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
    """A running `wangge serve`."""

    address: str
    log: Path
    process: subprocess.Popen[bytes]


@contextmanager
def served(settings: Settings, folder: Path, *options: str, **further: str) -> Iterator[Service]:
    """Run `wangge serve` on a free port, with its log in a folder."""
    said, log = folder / "said", folder / "log"
    with said.open("w") as out, log.open("w") as err:
        process = subprocess.Popen(
            [*WANGGE, "serve", "--port", "0", *options],
            env=environment(settings, **further),
            stdout=out,
            stderr=err,
        )
        try:
            yield Service(address_in(said), log, process)
        finally:
            process.terminate()
            process.wait(timeout=60)
