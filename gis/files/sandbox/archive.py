"""Take a layer out of a zip, whoever made it: members are checked by name, size and kind before any byte."""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gis.errors import FileFormatError, InputError
from gis.files.formats import ENDINGS, READABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.files.sources import ReadLimits

SIBLINGS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""The files of a Shapefile that matter."""

_END = b"PK\x05\x06"
_END_SIZE = 22
_ZIP64_COUNT, _ZIP64_BYTES, _ZIP64_LOCATOR = 0xFFFF, 0xFFFFFFFF, b"PK\x06\x07"
_LONGEST_COMMENT = 65_535
_LONGEST_NAME = 500
_DIRECTORY_BYTES_PER_MEMBER = 1_024
_UTF8_NAMES = 0x800
_ENCRYPTED = 0x1
_PIECE = 1 << 20
_SMALL = 1 << 20  # below it no ratio is a bomb: a .prj of blanks packs well
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError,
    NotImplementedError, RuntimeError, ValueError, OverflowError, IndexError,
)  # fmt: skip


class Archive:
    """A zip whose directory has been checked.

    Args:
        file: The zip, open.
        limits: Members, bytes and ratio.

    Raises:
        FileFormatError: A member is not harmless.
    """

    def __init__(self, file: zipfile.ZipFile, limits: ReadLimits) -> None:
        self._file = file
        self._limits = limits
        self._members: dict[str, zipfile.ZipInfo] = {}
        total = 0
        for info in file.infolist():
            name = member_name(info)
            _require_harmless(name, info, limits)
            total += info.file_size
            hidden = name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith(".")
            if name in self._members:
                raise FileFormatError(f"the zip holds {name[:80]!r} more than once; pack it again")
            if not info.is_dir() and not hidden:
                self._members[name] = info
        if total > limits.max_unpacked_bytes:
            raise FileFormatError(
                f"the zip unfolds to {total >> 20} MB, the limit is {limits.max_unpacked_bytes >> 20} MB; "
                "split it, or raise WANGGE_MAX_UNPACKED_MB"
            )

    def layers(self) -> list[str]:
        """Return the members that hold a layer, by name."""
        return sorted(name for name in self._members if PurePosixPath(name).suffix.lower() in ENDINGS)

    def choose(self, wanted: str | None) -> str:
        """Return the one layer, or the one wanted: its whole name, or the end of it if that is clear.

        Raises:
            FileFormatError: There is no layer.
            InputError: There are several, and `wanted` does not say which; the message names them.
        """
        layers = self.layers()
        if not layers:
            inside = ", ".join(sorted(self._members)[:8]) or "nothing"
            raise FileFormatError(f"the zip holds {inside}; give {READABLE}")
        found = layers if wanted is None else [name for name in layers if _is_called(name, wanted)]
        if len(found) == 1:
            return found[0]
        asked = "holds several layers" if wanted is None else f"has no single layer {wanted!r}"
        raise InputError(f"the zip {asked}; choose one with `layer`: {', '.join(layers[:40])}", field="layer")

    def unpack(self, name: str, folder: Path) -> Path:
        """Write a layer into a folder as `layer` with its ending; a Shapefile with its siblings.

        Returns:
            The path of the member itself.
        """
        chosen = PurePosixPath(name)
        if chosen.suffix.lower() != ".shp":
            return self._write(self._members[name], folder / f"layer{chosen.suffix.lower()}")
        for member, info in self._members.items():
            path = PurePosixPath(member)
            same = path.parent == chosen.parent and path.stem.lower() == chosen.stem.lower()
            if same and path.suffix.lower() in SIBLINGS:
                self._write(info, folder / f"layer{path.suffix.lower()}")
        return folder / "layer.shp"

    def _write(self, info: zipfile.ZipInfo, target: Path) -> Path:
        if target.exists():
            raise FileFormatError(f"the zip holds {info.filename!r} more than once")
        written = 0
        with self._file.open(info) as packed, target.open("xb") as out:
            while piece := packed.read(_PIECE):
                written += len(piece)
                if written > info.file_size:
                    raise FileFormatError(
                        f"{info.filename!r} unfolds to more than the zip says; it is refused"
                    )
                out.write(piece)
        return target


@contextmanager
def opened_archive(path: Path, limits: ReadLimits) -> Iterator[Archive]:
    """Open a zip.

    Raises:
        FileFormatError: It is damaged, encrypted, too large, or has a member that is not harmless.
    """
    _require_few_members(path, limits)
    try:
        with zipfile.ZipFile(path) as file:
            yield Archive(file, limits)
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise  # the disk is full, which is not the zip's fault
        raise FileFormatError(f"{path.name} is a damaged zip ({error}); pack it again") from error


def member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese Windows writes CP936 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAMES:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _is_called(name: str, wanted: str) -> bool:
    path = PurePosixPath(name)
    return wanted in {name, path.name, path.stem}


def _require_few_members(path: Path, limits: ReadLimits) -> None:
    """Look at the end record alone: reading a directory of a million members takes a gigabyte."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _LONGEST_COMMENT - _END_SIZE))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise FileFormatError(f"{path.name} is a damaged zip, its end is missing; get it again")
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if count == _ZIP64_COUNT or directory_bytes == _ZIP64_BYTES or _ZIP64_LOCATOR in tail[:at]:
        raise FileFormatError(f"{path.name} is a Zip64 archive; pack it as an ordinary zip")
    if count > limits.max_members or directory_bytes > limits.max_members * _DIRECTORY_BYTES_PER_MEMBER:
        raise FileFormatError(f"{path.name} has more than {limits.max_members} members; pack only the layer")


def _require_harmless(name: str, info: zipfile.ZipInfo, limits: ReadLimits) -> None:
    if len(name) > _LONGEST_NAME:
        raise FileFormatError(f"the zip has a name of {len(name)} characters ({name[:40]!r} ...); shorten it")
    path = PurePosixPath(name)
    drive = len(name) > 1 and name[1] == ":"
    if path.is_absolute() or ".." in path.parts or drive or "\0" in name:
        raise FileFormatError(f"the zip has a member that leaves its folder ({name[:80]!r}); it is refused")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FileFormatError(f"the zip has a link or device ({name[:80]!r}); it is refused")
    if info.flag_bits & _ENCRYPTED:
        raise FileFormatError(f"{name[:80]!r} in the zip is encrypted; pack it without a password")
    if info.file_size > max(_SMALL, limits.max_ratio * info.compress_size):
        raise FileFormatError(
            f"{name[:80]!r} in the zip unfolds over {limits.max_ratio} times, as zip bombs do; it is refused"
        )
