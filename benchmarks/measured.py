"""Run the command line as its user would, and measure each step."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gis.settings import Settings
from gis.store.cluster import database_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def own_home(settings: Settings) -> Iterator[Settings]:
    """Give settings that lead to the same database, with a home of their own for files of indexes."""
    with tempfile.TemporaryDirectory() as home:
        yield Settings(database_url=database_url(settings), home=Path(home))


def environment_of(settings: Settings) -> dict[str, str]:
    """Return what leads a command to the database and the home of such settings."""
    return {"WANGGE_DATABASE_URL": settings.database_url or "", "WANGGE_HOME": str(settings.home)}


@dataclass(frozen=True, slots=True)
class Step:
    """One command that has run: what it printed, how long it took, how much memory it needed at most."""

    name: str
    output: str
    exit_code: int
    seconds: float
    peak_mb: float


@dataclass(slots=True)
class Steps:
    """The commands of one run, over one database.

    Attributes:
        environment: Settings of the run, beside those of the caller.
        done: The steps so far.
    """

    environment: dict[str, str]
    done: list[Step] = field(default_factory=list)

    def run(self, name: str, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> Step:
        """Run `wangge` with these arguments and keep the figures.

        Raises:
            SystemExit: The command ended with another exit code; what it printed is shown.
        """
        with tempfile.TemporaryFile("w+") as printed:
            started = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "gis.cli.main", *arguments],
                env=os.environ | self.environment | {"COLUMNS": "200"},
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
            # wait4 is the one call that tells the memory of this child alone
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - started
            printed.seek(0)
            output = printed.read()
        step = Step(name, output, process.returncode, round(seconds, 2), round(usage.ru_maxrss / 1024, 1))
        self.done.append(step)
        print(f"{name:32} {step.seconds:8.2f} s {step.peak_mb:8.1f} MB  exit {step.exit_code}", flush=True)
        if step.exit_code not in exit_codes:
            raise SystemExit(f"wangge {' '.join(arguments)}\n{output}")
        return step

    def figures(self) -> dict[str, dict[str, float]]:
        """Return seconds and peak memory by step."""
        return {step.name: {"seconds": step.seconds, "peak_mb": step.peak_mb} for step in self.done}
