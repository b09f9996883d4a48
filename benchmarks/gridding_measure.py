"""One case in a process of its own: processor time, its children's included, and memory above its input.

The child reads its input, prepares, measures the work alone, and leaves an answer in a file. This module
needs nothing of the project, so that a child may run on another interpreter, one that has the peers.
"""

from __future__ import annotations

import math
import os
import pickle
import re
import resource
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
MOST_TIMES, ENOUGH_S = 5, 8.0
"""Work is repeated and the least time counts: so often at most, and no more once it took so long in all."""

_BUSY = 6  # a child may take so many times its limit on the wall, on a machine that does other things too
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_NOW = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Given:
    """The input of a case.

    Attributes:
        polygons: In metres, shape (n,).
        parent: What they should cover.
        path: Where it was read from; files for other programs lie beside it.
    """

    polygons: NDArray[Any]
    parent: shapely.Geometry
    path: Path

    @classmethod
    def read(cls, path: Path) -> Given:
        """Read what `write_given` wrote."""
        polygons, parent = pickle.loads(path.read_bytes())  # noqa: S301 - our own file
        return cls(shapely.from_wkb(np.array(polygons, dtype=object)), shapely.from_wkb(parent), path)


def write_given(path: Path, polygons: NDArray[Any], parent: shapely.Geometry) -> Path:
    """Write the input of a case."""
    path.write_bytes(pickle.dumps((shapely.to_wkb(polygons).tolist(), shapely.to_wkb(parent))))
    return path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case.

    Attributes:
        seconds: Processor time; None if it failed.
        memory_mb: The most memory above what its input took, children counted whole; None if it failed.
        answer: What it answered.
        failed: Why it failed, "" if it did not.
    """

    seconds: float | None
    memory_mb: float | None
    answer: Any = None
    failed: str = ""

    def better(self, other: Outcome) -> Outcome:
        """Return the quicker of two runs of one case."""
        if self.seconds is None or other.seconds is None:
            return self if self.seconds is not None else other
        return min(self, other, key=lambda outcome: outcome.seconds or 0.0)


def measure(work: Callable[[], Any], *, most_times: int = MOST_TIMES) -> Outcome:
    """Do some work and measure it in this process."""
    taken: list[float] = []
    memory, answer = 0.0, None
    while len(taken) < most_times and sum(taken) < ENOUGH_S:
        answer = None
        forget_peak()
        before, children, started = memory_mb(_NOW), children_mb(), processor_seconds()
        answer = work()
        taken.append(processor_seconds() - started)
        grown = children_mb() if children_mb() > children else 0.0
        memory = max(memory, memory_mb(_PEAK) - before + grown)
    return Outcome(min(taken), memory, answer)


def processor_seconds() -> float:
    """Return the processor time of this process and of all its children that have ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def children_mb() -> float:
    """Return the memory of the largest child that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def forget_peak() -> None:
    """Let the peak of this process' memory start anew, where the system knows how."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def memory_mb(which: re.Pattern[str]) -> float:
    """Return a figure of this process' memory in MB."""
    found = which.search(Path("/proc/self/status").read_text())
    return float(found[1]) / 1024 if found else float("nan")


def serve(cases: Mapping[str, Callable[[Given], Callable[[], Any]]]) -> None:
    """Be the child: CASE, the file of its input, the file for its outcome.

    A case prepares whatever it wants beforehand and returns the work to be measured.
    """
    case, source, result = sys.argv[1:4]
    given = Given.read(Path(source))
    try:
        outcome = measure(cases[case](given))
    except Exception as error:  # noqa: BLE001 - that a peer breaks down is a result
        outcome = Outcome(None, None, None, f"{type(error).__name__}: {str(error)[:120]}")
    Path(result).write_bytes(pickle.dumps(outcome))


def run(module: str, case: str, source: Path, *, python: str = sys.executable, limit_s: float) -> Outcome:
    """Run one case of a module in a child, which is ended with all that it started when it takes too long.

    Args:
        module: Such as `benchmarks.gridding_peers`.
        case: Its name there.
        source: The file of its input.
        python: The interpreter.
        limit_s: Processor time of the child, and of each that it starts, reading the input included.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "outcome")
        said = Path(folder, "said")
        command: Sequence[str] = [python, "-m", module, case, str(source.resolve()), str(result)]
        with said.open("w") as out:
            child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (math.ceil(limit_s),) * 2)
            try:
                is_late = child.wait(_BUSY * limit_s) in {-signal.SIGXCPU, -signal.SIGKILL}
            except subprocess.TimeoutExpired:
                is_late = True
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if is_late:
            return Outcome(None, None, None, f"more than {limit_s:g} s")
        if not result.exists():
            lines = said.read_text(errors="replace").strip().splitlines()
            return Outcome(None, None, None, lines[-1] if lines else f"exit code {child.returncode}")
        outcome = pickle.loads(result.read_bytes())  # noqa: S301 - our own child's
        assert isinstance(outcome, Outcome)  # noqa: S101 - for the type checker
        return outcome
