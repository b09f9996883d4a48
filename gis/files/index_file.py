"""Files of named arrays that many processes map into memory: written whole, hashed, bounded in number.

The file, in this order:

    8 bytes   what it is
    4 bytes   version of this format, little-endian
    4 bytes   length of the description, little-endian
    32 bytes  BLAKE2b over all other bytes of the file
    JSON      facts, length of the file, and of each array its name, type, shape and place
    arrays    each at a multiple of 64 bytes, large ones at the start of a page

A file is only ever replaced or unlinked, never written in place: whoever has mapped it keeps what it mapped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import math
import os
import shutil
import struct
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gis.errors import FileFormatError
from gis.files.atomic import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays: TypeAlias = dict[str, NDArray[Any]]
    Facts: TypeAlias = Mapping[str, str | int]

FORMAT = 1

_MAGIC = b"WGINDEX\n"
_HEAD = struct.Struct("<8sII32s")
_DIGEST_FROM = _HEAD.size - 32
_ALIGNED, _PAGE = 64, 4096
_LARGE_BYTES = 1 << 16
_NUMERIC = "biuf"
_SUFFIX = ".index"
_LOCK = "building.lock"
_ABANDONED_S = 3_600  # drafts of a process that was killed while it wrote

log = logging.getLogger(__name__)


def write_index_file(path: Path, arrays: Mapping[str, NDArray[Any]], facts: Facts) -> None:
    """Write arrays with what they were made from, in one step and durable before it is visible.

    Args:
        path: The file to make or replace; its folder must exist.
        arrays: Numbers of any shape by name.
        facts: What a reader has to expect; kept in the description as they are.

    Raises:
        FileFormatError: An array is not numeric.
        OSError: The folder cannot be written.
    """
    listed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    for name, array in listed.items():
        if array.dtype.kind not in _NUMERIC:
            raise FileFormatError(f"the array {name} holds {array.dtype}, not numbers", field=name)
    described, offsets = _described(listed, facts)
    padding = bytes(_content_start(len(described)) - _HEAD.size - len(described))
    head = _MAGIC + struct.pack("<II", FORMAT, len(described))
    digest = hashlib.blake2b(head + described + padding, digest_size=32)
    with replaced(path) as draft, draft.open("wb") as out:
        out.write(head + bytes(32) + described + padding)
        at = 0
        for array, offset in zip(listed.values(), offsets, strict=True):
            for piece in (bytes(offset - at), array.reshape(-1).view(np.uint8).data):
                digest.update(piece)
                out.write(piece)
            at = offset + array.nbytes
        out.seek(_DIGEST_FROM)
        out.write(digest.digest())


def open_index_file(path: Path, *, expects: Facts, is_verified: bool = False) -> Arrays:
    """Map a file into memory, read-only; its pages are shared by all processes that do.

    Args:
        path: The file.
        expects: Facts that the file must state.
        is_verified: Also hash the whole content, of this very mapping.

    Returns:
        The arrays by name, views of one mapping.

    Raises:
        FileFormatError: It is no such file, of another format, cut short, damaged, or made from
            something else; the text says which.
        OSError: It is missing or may not be read.
    """
    whole = _mapped(path)
    described, start = _description(whole, path.name)
    if is_verified:
        _require_untouched(whole, path.name)
    stated = described["facts"]
    for name, value in expects.items():
        if stated.get(name) != value:
            raise FileFormatError(f"{path.name} is of {name} {stated.get(name)}, not {value}", field=name)
    content = whole[start:]
    return {name: _view(content, place, path.name) for name, place in described["arrays"]}


class IndexFolder:
    """The index files of one machine: each made by one process, mapped by all, the least used ones deleted.

    Args:
        folder: Where they are; made when the first is written.
        most: Most files kept; 0 keeps none, and every process makes its own arrays.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._held: dict[Path, None] = {}
        self._is_noted = False

    def fetch(self, name: str, facts: Facts, make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of that name, mapped from their file; make the file if none can be used.

        1. A file is verified by its hash each time it is mapped.
        2. Of several processes that miss it one makes it; the others wait and map that.
        3. Where no file can be written the arrays stay in this process; the log says so once.

        Args:
            name: Name of the file without its ending.
            facts: What the file must state.
            make: Gives the arrays.
        """
        if not self._most:
            return make()
        path = self._folder / f"{name}{_SUFFIX}"
        found = self._opened(path, facts)
        made = None
        try:
            if found is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                with self._locked():
                    found = self._opened(path, facts)
                    if found is None:
                        made = make()
                        write_index_file(path, made, facts)
                        self._prune(path)
                        # the mapped pages are shared, what was just made is this process's own
                        found = self._opened(path, facts)
        except OSError as error:
            self._note(error)
        if found is not None:
            return found
        return make() if made is None else made

    def _opened(self, path: Path, facts: Facts) -> Arrays | None:
        """Map a file and mark it as used; None if it is missing or refused."""
        try:
            arrays = open_index_file(path, expects=facts, is_verified=True)
        except FileNotFoundError:
            return None
        except (FileFormatError, OSError) as error:
            log.warning("Not using %s: %s. It is made again.", path.name, error)
            return None
        self._held.pop(path, None)
        self._held[path] = None
        _mark_used(path)
        return arrays

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock under which files are made; it ends with the process that holds it."""
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _prune(self, new: Path) -> None:
        """Delete the files least recently used beyond the most, and drafts nobody finished; lock held."""
        for path in [*self._held][-self._most :]:
            _mark_used(path)  # what this process works with counts as used now
        _mark_used(new)
        by_use = sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda path: (path != new, -_used_at(path)))
        for path in by_use[self._most :]:
            path.unlink(missing_ok=True)
        for folder in self._folder.glob(f".*{_SUFFIX}.*"):
            if _used_at(folder) < time.time() - _ABANDONED_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _note(self, error: OSError) -> None:
        if not self._is_noted:
            self._is_noted = True
            log.warning(
                "Indexes cannot be kept in %s (%s); each process makes and holds its own.",
                self._folder,
                error,
            )


def _described(arrays: Arrays, facts: Facts) -> tuple[bytes, list[int]]:
    """Return the description, and where each array starts, counted from the first page after it."""
    offsets: list[int] = []
    end = 0
    for array in arrays.values():
        step = _PAGE if array.nbytes >= _LARGE_BYTES else _ALIGNED
        offsets.append(-(-end // step) * step)
        end = offsets[-1] + array.nbytes
    listed = [
        (name, (array.dtype.str, array.shape, offset))
        for (name, array), offset in zip(arrays.items(), offsets, strict=True)
    ]
    return json.dumps({"facts": dict(facts), "content_bytes": end, "arrays": listed}).encode(), offsets


def _content_start(described_bytes: int) -> int:
    return -(-(_HEAD.size + described_bytes) // _PAGE) * _PAGE


def _mapped(path: Path) -> NDArray[np.uint8]:
    if not path.stat().st_size:
        raise FileFormatError(f"{path.name} is empty")
    return np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)


def _description(whole: NDArray[np.uint8], name: str) -> tuple[dict[str, Any], int]:
    """Return the description and where the arrays begin, of a file that is whole and of this format."""
    if len(whole) < _HEAD.size:
        raise FileFormatError(f"{name} is cut short within its head")
    magic, version, length, _ = _HEAD.unpack(whole[: _HEAD.size].tobytes())
    if magic != _MAGIC:
        raise FileFormatError(f"{name} is no index file")
    if version != FORMAT:
        raise FileFormatError(f"{name} is of format {version}, this program writes {FORMAT}")
    text = whole[_HEAD.size : _HEAD.size + length].tobytes()
    start = _content_start(length)
    try:
        described: dict[str, Any] = json.loads(text)
        expected = start + described["content_bytes"]
    except (ValueError, TypeError, KeyError):
        raise FileFormatError(f"the description of {name} is cut short or damaged") from None
    if len(whole) != expected:
        raise FileFormatError(f"{name} has {len(whole)} bytes, it should have {expected}")
    return described, start


def _require_untouched(whole: NDArray[np.uint8], name: str) -> None:
    digest = hashlib.blake2b(whole[:_DIGEST_FROM].data, digest_size=32)
    digest.update(whole[_HEAD.size :].data)
    if digest.digest() != whole[_DIGEST_FROM : _HEAD.size].tobytes():
        raise FileFormatError(f"the content of {name} is not what was written")


def _view(content: NDArray[np.uint8], place: tuple[str, list[int], int], name: str) -> NDArray[Any]:
    """Return one array as a view of the mapping."""
    kind, shape, offset = place
    try:
        dtype = np.dtype(kind)
        array = content[offset : offset + math.prod(shape) * dtype.itemsize].view(dtype).reshape(shape)
    except (TypeError, ValueError):
        array = None
    if array is None or array.dtype.kind not in _NUMERIC or not array.dtype.isnative:
        raise FileFormatError(f"{name} describes an array that this program cannot read")
    return array


def _mark_used(path: Path) -> None:
    with suppress(OSError):  # another user's file, or deleted meanwhile: only the order of deleting suffers
        os.utime(path)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
