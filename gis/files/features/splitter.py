"""Find where each feature of a GeoJSON file starts and ends, at the speed of numpy and in constant memory.

The file is read once. Only quotes, brackets and braces are looked at, so nothing is parsed yet; the rest of
the file (the *skeleton*, each feature replaced by `0`) is kept. A file is then valid JSON exactly if the
skeleton is and every feature is, and both are parsed strictly later.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from gis.errors import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.files.sources import ReadLimits

HEAD = 1 << 20
"""Bytes within which the `features` array must open; the rest of the file is read in pieces of this size."""
MAX_SKELETON = 64 << 20

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_FEATURES_KEY = re.compile(rb'"features"[ \t\r\n]*:[ \t\r\n]*\Z')
_KEY_REACH = 200
_STEP = np.zeros(256, dtype=np.int8)
_STEP[[ord("{"), ord("[")]] = 1
_STEP[[ord("}"), ord("]")]] = -1


class Brackets(NamedTuple):
    """The brackets of a piece that lie outside of strings.

    Attributes:
        at: Position in the piece, shape (n,).
        steps: 1 where one opens, -1 where one closes, shape (n,).
        depths: Depth after it, shape (n,).
        braces: Whether it is a brace, shape (n,).
    """

    at: NDArray[np.int64]
    steps: NDArray[np.int8]
    depths: NDArray[np.int64]
    braces: NDArray[np.bool_]


class Split:
    """The features of a file as byte ranges, found piece by piece.

    Args:
        limits: Depth and number of features.
        in_collection: Whether features are members of a collection (depth 3), not objects one after the
            other (depth 1).

    Attributes:
        starts: Offset of the first byte of each feature.
        ends: Offset after the last byte of each feature.
        skeleton: Everything else, with `0` in the place of each feature.
    """

    def __init__(self, limits: ReadLimits, *, in_collection: bool) -> None:
        self.starts = array("q")
        self.ends = array("q")
        self.skeleton = bytearray()
        self.in_collection = in_collection
        self._limits = limits
        self._offset = 0
        self._in_string = False
        self._depth = 0
        self._feature_depth = 3 if in_collection else 1
        self._array_open = True  # False after the `features` array has closed
        self._inside = 0  # 1 while a feature is open

    def take_head(self, head: bytes) -> None:
        """Take the bytes up to and with the opening bracket of the `features` array."""
        self.skeleton += head
        self._offset = len(head)
        self._depth = 2

    def take(self, data: bytes) -> None:
        """Take the next bytes; no escape sequence may be cut at their end."""
        brackets, self._in_string = find_brackets(data, self._depth, in_string=self._in_string)
        if len(brackets.depths):
            self._depth = int(brackets.depths[-1])
        begins, ends = self._boundaries(brackets)
        self._require_depth(brackets, begins)
        self._keep_skeleton(data, begins, ends)
        self.starts.frombytes((begins + self._offset).tobytes())
        self.ends.frombytes((ends + (self._offset + 1)).tobytes())
        self._offset += len(data)
        if len(self.starts) > self._limits.max_features:
            raise FileFormatError(
                f"the file has more than {self._limits.max_features} features, the limit of this service; "
                "split it into several files"
            )

    def finish(self) -> None:
        """Say that all bytes are taken."""
        if self._depth or self._in_string or self._inside:
            raise FileFormatError(
                f"the file ends in the middle, after feature {len(self.ends)}; it is cut short, get it again",
                row=len(self.ends) or None,
            )

    def _boundaries(self, brackets: Brackets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of the first and of the last byte of the features in a piece."""
        at, steps, depths, braces = brackets
        begin = braces & (steps > 0) & (depths == self._feature_depth)
        end = braces & (steps < 0) & (depths == self._feature_depth - 1)
        if self.in_collection:
            closings = np.flatnonzero(depths < 2)  # noqa: PLR2004 - the array lies in depth 2
            last = len(at) if not len(closings) else int(closings[0])
            if not self._array_open:
                last = 0
            begin[last:] = end[last:] = False
            self._array_open = self._array_open and not len(closings)
        return at[begin], at[end]

    def _require_depth(self, brackets: Brackets, begins: NDArray[np.int64]) -> None:
        if not len(brackets.depths):
            return
        wrong = (brackets.depths < 0) | (brackets.depths > self._limits.max_depth)
        if not wrong.any():
            return
        first = int(np.argmax(wrong))
        number = len(self.starts) + int(np.searchsorted(begins, brackets.at[first]))
        if brackets.depths[first] < 0:
            raise FileFormatError(
                f"a bracket closes that never opened, after feature {number}", row=number or None
            )
        raise FileFormatError(
            f"feature {number} is nested more than {self._limits.max_depth} deep; GeoJSON needs less",
            row=number or None,
        )

    def _keep_skeleton(self, data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        marks = np.zeros(len(data) + 1, dtype=np.int8)
        marks[begins + 1] += 1  # the first byte itself stays, as the 0
        marks[ends + 1] -= 1
        hidden = np.cumsum(marks, dtype=np.int32)[:-1] + self._inside
        if len(hidden) and (hidden.min() < 0 or hidden.max() > 1):
            number = len(self.starts) + 1
            raise FileFormatError(f"brackets and braces do not match, about feature {number}", row=number)
        outside = np.frombuffer(data, dtype=np.uint8).copy()
        outside[begins] = ord("0")
        self.skeleton += outside[hidden == 0].tobytes()
        self._inside += len(begins) - len(ends)
        if len(self.skeleton) > MAX_SKELETON:
            raise FileFormatError(
                f"more than {MAX_SKELETON >> 20} MB of the file lie outside of its features; is it GeoJSON?"
            )


def split_features(stream: BinaryIO, limits: ReadLimits, *, piece: int = HEAD) -> Split:
    """Find the features of a file.

    Args:
        stream: The file, after its byte order mark.
        limits: Depth and number of features.
        piece: Bytes to read at once after the first `HEAD`.

    Returns:
        The byte ranges, counted from where the stream stands now.

    Raises:
        FileFormatError: Brackets do not match, or a limit is passed.
    """
    data, held = _whole_escapes(stream.read(HEAD))
    head = _head_length(data)
    split = Split(limits, in_collection=head is not None)
    if head is not None:
        split.take_head(data[:head])
        data = data[head:]
    split.take(data)
    while more := stream.read(piece):
        data, held = _whole_escapes(held + more)
        split.take(data)
    split.take(held)
    split.finish()
    return split


def find_brackets(data: bytes, depth: int, *, in_string: bool) -> tuple[Brackets, bool]:
    """Find the brackets outside of strings.

    Args:
        data: A piece of JSON in which no escape sequence is cut.
        depth: Depth before the piece.
        in_string: Whether the piece starts inside of a string.

    Returns:
        The brackets, and whether the piece ends inside of a string.
    """
    plain = np.frombuffer(_ESCAPE.sub(b"__", data) if b"\\" in data else data, dtype=np.uint8)
    everywhere = _STEP[plain]
    at = np.flatnonzero(everywhere)
    quotes = np.flatnonzero(plain == ord('"'))
    at = at[(np.searchsorted(quotes, at) + in_string) % 2 == 0]
    steps = everywhere[at]
    braces = (plain[at] == ord("{")) | (plain[at] == ord("}"))
    brackets = Brackets(at, steps, depth + np.cumsum(steps, dtype=np.int64), braces)
    return brackets, (len(quotes) + in_string) % 2 == 1


def _head_length(data: bytes) -> int | None:
    """Return the length up to and with the bracket that opens `features`; None if there is none here."""
    brackets, _ = find_brackets(data, 0, in_string=False)
    ends = np.flatnonzero(brackets.depths <= 0)
    before_end = slice(0, int(ends[0]) if len(ends) else None)
    opens = (brackets.steps > 0) & (brackets.depths == 2) & ~brackets.braces  # noqa: PLR2004 - root 1
    for position in brackets.at[before_end][opens[before_end]].tolist():
        if _FEATURES_KEY.search(data, max(0, position - _KEY_REACH), position):
            return int(position) + 1
    return None


def _whole_escapes(data: bytes) -> tuple[bytes, bytes]:
    """Hold back a backslash at the very end: it belongs to a character that has not been read yet."""
    trailing = len(data) - len(data.rstrip(b"\\"))
    return (data[:-1], data[-1:]) if trailing % 2 else (data, b"")
