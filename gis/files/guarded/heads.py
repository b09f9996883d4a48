"""The heads of the audit log, outside the database: lines that are appended and never changed.

Copy the file to another machine from time to time, or let the log collector keep the heads, which the
service logs too: what nobody with rights on the database can write to is what makes tampering visible.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from gis.errors import FileFormatError
from gis.identity.chain import Anchor, Exported, Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

# more than MOST_BACK lines; anchors come months apart, so a head is among them
TAIL_BYTES, MOST_BACK = 8_192, 10
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def heads_file(home: Path, database: str) -> Path:
    """Return where the heads of a database's log are kept."""
    return home / "audit-heads" / f"{database}.ndjson"


def read_exported(path: Path) -> Exported:
    """Return the heads and anchors a file holds; nothing if there is none.

    Raises:
        FileFormatError: A line is not one of ours.
    """
    if not path.exists():
        return Exported()
    heads, anchors = [], []
    # what follows the last line break was being written when the power went
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    for row, line in enumerate(whole.splitlines(), 1):
        try:
            read = read_line(line)
        except (ValueError, KeyError, TypeError) as error:
            raise FileFormatError(f"{path} holds a line that is no head of the log", row=row) from error
        if isinstance(read, Head):
            heads.append(read)
        else:
            anchors.append(read)
    return Exported(tuple(heads), tuple(anchors))


def read_line(line: bytes) -> Head | Anchor:
    """Return what a line says."""
    fields: dict[str, Any] = orjson.loads(line)
    if "anchor" in fields:
        dropped_at = datetime.fromisoformat(fields["dropped_at"])
        return Anchor(fields["anchor"], bytes.fromhex(fields["hash"]), dropped_at, fields["dropped_by"])
    sealed_at = datetime.fromisoformat(fields["sealed_at"])
    return Head(fields["last"], bytes.fromhex(fields["head"]), sealed_at, fields["seen_xid"])


def write_line(what: Head | Anchor) -> bytes:
    """Return what a line says of a head or an anchor."""
    if isinstance(what, Head):
        fields = {
            "last": what.last,
            "head": what.head.hex(),
            "sealed_at": what.sealed_at.astimezone(UTC),
            "seen_xid": what.seen_xid,
        }
    else:
        fields = {
            "anchor": what.number,
            "hash": what.hash.hex(),
            "dropped_at": what.dropped_at.astimezone(UTC),
            "dropped_by": what.dropped_by,
        }
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def set_heads_aside(home: Path, database: str) -> Path | None:
    """Give the file another name, for its database is made anew; return that name, if there was a file."""
    path = heads_file(home, database)
    if not path.exists():
        return None
    return path.rename(path.with_suffix(f".until-{datetime.now(UTC):%Y%m%dT%H%M%S}.ndjson"))


@contextmanager
def appending(path: Path) -> Iterator[HeadsFile]:
    """Open the file to append to it, alone among all processes of this machine; made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        opened = HeadsFile(file)
        opened.drop_torn_line()
        yield opened


class HeadsFile:
    """The file, open and locked.

    Args:
        file: Opened for reading and appending.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def drop_torn_line(self) -> None:
        """Drop what follows the last line break: it was being written when the power went."""
        start, tail = self._tail()
        self._file.truncate(start + tail.rfind(b"\n") + 1)

    def newest(self) -> int:
        """Return the last number of the newest head in the file; 0 if there is none."""
        for line in reversed(self._tail()[1].splitlines()[-MOST_BACK:]):
            read = read_line(line)
            if isinstance(read, Head):
                return read.last
        return 0

    def append(self, lines: Sequence[Head | Anchor]) -> None:
        """Write lines, so that they outlast a power cut."""
        self._file.seek(0, os.SEEK_END)
        self._file.writelines(write_line(line) for line in lines)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _tail(self) -> tuple[int, bytes]:
        """Return the last lines, and where in the file they begin."""
        start = max(0, self._file.seek(0, os.SEEK_END) - TAIL_BYTES)
        self._file.seek(start)
        return start, self._file.read()
