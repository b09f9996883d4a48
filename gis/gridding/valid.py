"""Make invalid polygons valid within a time limit, in a child process that can be killed.

GEOS cannot be interrupted, and some outlines keep it busy for minutes; so the work is done elsewhere, and
an outline that takes too long is given up and named instead of holding up everything else. Outlines of so
few corners that they take a tenth of a second at worst are not worth a child.
"""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from threading import Timer
from typing import IO, TYPE_CHECKING, Self

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CHILD_MEMORY_BYTES = 4 << 30
_SHARE_FOR_ONE = 0.25
_LEAST_SECONDS = 0.05
_BEYOND_ALL = 1e9
# 100 corners whose edges all cross each other take 0.1 s, twice as many ten times as long.
_FEW_CORNERS = 100
_LENGTH = struct.Struct("<q")


@dataclass(frozen=True, slots=True)
class MadeValid:
    """Geometries after `make_valid_within`.

    Attributes:
        geometries: Valid polygons, shape (n,); the same objects where they were valid; None for those
            given up, missing or empty.
        repaired: True where an invalid geometry was made valid, shape (n,).
        given_up: True where that failed: out of time or memory, or coordinates that are no numbers.
    """

    geometries: NDArray[np.object_]
    repaired: NDArray[np.bool_]
    given_up: NDArray[np.bool_]


def are_finite(geometries: ArrayLike) -> NDArray[np.bool_]:
    """Tell which geometries have only possible numbers for coordinates; None and empty ones do."""
    array = np.asarray(geometries, dtype=object)
    corners, owner = shapely.get_coordinates(array, return_index=True)
    finite = np.ones(len(array), dtype=bool)
    finite[owner[~(np.abs(corners) < _BEYOND_ALL).all(axis=1)]] = False  # false for NaN
    return finite


def are_valid(geometries: ArrayLike) -> NDArray[np.bool_]:
    """Tell which geometries are valid, with numbers for coordinates; None is not."""
    array = np.asarray(geometries, dtype=object)
    valid = are_finite(array)
    valid[valid] = shapely.is_valid(array[valid])
    return valid


def make_valid_within(geometries: ArrayLike, seconds: float) -> MadeValid:
    """Make polygons valid by their structure: shells united, holes taken away, lines and points dropped.

    Only invalid ones are looked at. One of them gets at most a quarter of the time that is left, so a
    single bad outline does not cost the others theirs.

    Args:
        geometries: Polygons in any system, shape (n,), None allowed.
        seconds: Time limit for all of them together.
    """
    result = np.array(geometries, dtype=object, ndmin=1)
    result[shapely.is_empty(result)] = None
    given_up = ~are_finite(result)
    invalid = ~are_valid(result) & ~shapely.is_missing(result)
    deadline = time.monotonic() + seconds
    few = shapely.get_num_coordinates(result) <= _FEW_CORNERS
    with _Child() as child:
        for i in np.flatnonzero(invalid & ~given_up):
            left = _SHARE_FOR_ONE * (deadline - time.monotonic())
            if few[i] and left > 0:
                result[i] = _made_valid(result[i])
            else:
                result[i] = child.make_valid(result[i], left)
            given_up[i] = result[i] is None
    result[given_up] = None
    result[shapely.is_empty(result)] = None
    return MadeValid(result, invalid & ~given_up, given_up)


def _made_valid(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False)


class _Child:
    """The child process, started when it is first needed and anew after it had to be killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def make_valid(self, geometry: shapely.Geometry, seconds: float) -> shapely.Geometry | None:
        """Give the valid geometry, or None when the child is too slow or dies of it."""
        if seconds < _LEAST_SECONDS:
            return None
        process = self._process or self._start()
        watch = Timer(seconds, process.kill)
        watch.start()
        try:
            assert process.stdin is not None  # noqa: S101 - both are pipes, for the type checker
            assert process.stdout is not None  # noqa: S101 - likewise
            _send(process.stdin, shapely.to_wkb(geometry))
            answer = _receive(process.stdout)
        except OSError:
            answer = None
        finally:
            watch.cancel()
        if answer is None:
            self._end()
            return None
        return shapely.from_wkb(answer)

    def _start(self) -> subprocess.Popen[bytes]:
        # By path and without the folder on the import path (-P): it works wherever the package lies.
        command = [sys.executable, "-P", __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ours
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # it holds what a killed child never read
        process.wait()


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)) + message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (message := _receive(sys.stdin.buffer)) is not None:
        _send(sys.stdout.buffer, shapely.to_wkb(_made_valid(shapely.from_wkb(message))))


if __name__ == "__main__":
    _serve()
