"""Run the reading child process and turn everything it may do into rows or a clear error."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyogrio

from gis.errors import FileFormatError
from gis.files.sources import BATCH

if TYPE_CHECKING:
    from collections.abc import Generator

    from gis.files.sources import ReadLimits

CHILD = Path(__file__).with_name("child.py")
_HEAD = struct.Struct("<II")
_LARGEST_MESSAGE = 1 << 30
_PIPE_BYTES = 1 << 20


class Message(NamedTuple):
    """One message of the child: what it says, and WKB."""

    head: dict[str, Any]
    wkb: bytes


class Job(NamedTuple):
    """What a child process is to read.

    Attributes:
        format: gpkg, shapefile or flatgeobuf.
        driver: The one GDAL driver it may use; "" for none.
        path: The file, at a path of our own making for GDAL.
        name: The file's name in messages.
        layer: The layer, None for the only one.
    """

    format: str
    driver: str
    path: Path
    name: str
    layer: str | None = None


def look(job: Job, limits: ReadLimits, most: int | None) -> Generator[Message]:
    """Yield a message with the layers of a file, then the rows of the chosen or only one without geometry.

    Args:
        job: What to read.
        limits: What the child may use.
        most: How many rows; None for all.

    Raises:
        FileFormatError: The file cannot be read within the limits.
    """
    return _messages(job, limits, {"task": "look", "size": BATCH, "geometry": False, "most": most})


def rows(job: Job, limits: ReadLimits, size: int) -> Generator[Message]:
    """Yield messages with the rows of a layer, `size` at most in each.

    Raises:
        FileFormatError: The file cannot be read within the limits.
    """
    return _messages(job, limits, {"task": "rows", "size": size, "geometry": True, "most": None})


def _messages(job: Job, limits: ReadLimits, task: dict[str, Any]) -> Generator[Message]:
    """Start the child, yield what it says, and end it whatever happens."""
    request = {
        "format": job.format,
        "driver": job.driver,
        "path": str(job.path.absolute()),
        "layer": job.layer,
        "seconds": limits.seconds,
        "memory_mb": limits.memory_mb,
        "kinds": limits.kinds,
        "import_path": sys.path,
        **task,
    }
    command = [sys.executable, "-I", str(CHILD), json.dumps(request)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script; the job is data
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=_environment(job.driver), cwd="/",
    ) as process:  # fmt: skip
        try:
            pipe = _Pipe(process, job.name, limits)
            while (message := pipe.next_message()) is not None:
                if message.head.get("kind") == "end":
                    return
                if message.head.get("kind") == "error":
                    raise _refusal(job.name, str(message.head.get("reason")), limits)
                yield message
            raise _death(job.name, process, limits)
        finally:
            process.kill()


class _Pipe:
    """The child's standard output. Only time spent waiting for the child counts against its limit."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, limits: ReadLimits) -> None:
        assert process.stdout is not None  # noqa: S101 - it was opened with a pipe
        self._fd = process.stdout.fileno()
        self._name = name
        self._limits = limits
        self._left = limits.seconds
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)

    def next_message(self) -> Message | None:
        """Return the next message, None once the child has closed its output.

        Raises:
            FileFormatError: The time is up, or what comes is no message.
        """
        head = self._exactly(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        text_length, wkb_length = _HEAD.unpack(head)
        if text_length + wkb_length > _LARGEST_MESSAGE:
            raise FileFormatError(f"{self._name} has rows too large to read; split the file")
        text, wkb = self._exactly(text_length), self._exactly(wkb_length)
        if len(text) < text_length or len(wkb) < wkb_length:
            return None
        try:
            said = json.loads(text.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise FileFormatError(f"{self._name} is damaged: its reader gave no sense; export the file again")
        return Message(said, wkb)

    def _exactly(self, length: int) -> bytes:
        """Read that many bytes, fewer only at the end."""
        received = bytearray()
        while len(received) < length:
            started = time.monotonic()
            ready = self._poll.poll(max(0.0, self._left) * 1000)
            self._left -= time.monotonic() - started
            if not ready:
                raise _too_slow(self._name, self._limits)
            piece = os.read(self._fd, min(_PIPE_BYTES, length - len(received)))
            if not piece:
                break
            received += piece
        return bytes(received)


def _too_slow(name: str, limits: ReadLimits) -> FileFormatError:
    return FileFormatError(
        f"{name} was not read in {limits.seconds:g} seconds; split it, or raise WANGGE_IMPORT_SECONDS"
    )


def _too_large(name: str, limits: ReadLimits) -> FileFormatError:
    return FileFormatError(
        f"{name} needs more than {limits.memory_mb} MB of memory to read; split it, or raise "
        "WANGGE_IMPORT_MEMORY_MB"
    )


def _refusal(name: str, reason: str, limits: ReadLimits) -> FileFormatError:
    if reason == "memory":
        return _too_large(name, limits)
    return FileFormatError(f"{name} cannot be read, it is damaged or not what it claims to be ({reason})")


def _death(name: str, process: subprocess.Popen[bytes], limits: ReadLimits) -> FileFormatError:
    """Explain why the child ended without an answer."""
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return _too_slow(name, limits)
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:  # the second follows where the first was not enough
        return _too_slow(name, limits)
    return FileFormatError(f"{name} is damaged: its reader ended with status {code}; export the file again")


def _environment(driver: str) -> dict[str, str]:
    """Return the child's whole environment: one driver, one thread, nothing of ours."""
    return {
        "GDAL_SKIP": ",".join(name for name in _drivers() if name != driver),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "PROJ_NETWORK": "OFF",
    }


@cache
def _drivers() -> tuple[str, ...]:
    return tuple(pyogrio.list_drivers())
