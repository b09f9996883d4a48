"""Codes of grids: schemes as data, their check, the next free code, and the order of numbering.

A scheme is a list of segments. A `parent` segment repeats the code of the grid's community, a `counter`
counts within it. A retired code is never used again, so callers give retired codes among the used ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gis.errors import ConflictError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    Texts = Sequence[str | None] | NDArray[Any] | pd.Series[Any]


class SegmentSource(StrEnum):
    """Where the digits of a segment come from."""

    PARENT = "parent"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Segment:
    """One run of digits of a code; `first` and `last` bound a counter."""

    name: str
    width: int
    source: SegmentSource
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class CodeScheme:
    """How codes are built; without segments any text will do that is not blank."""

    name: str
    segments: tuple[Segment, ...]

    @property
    def width(self) -> int:
        """The length of every code; 0 where the scheme leaves it free."""
        return sum(segment.width for segment in self.segments)


class CodeFault(StrEnum):
    """What can be wrong with a code; `gis.gridding.sentences` has the words."""

    MISSING = "missing"
    LENGTH = "length"
    DIGITS = "digits"
    PARENT = "parent"
    RANGE = "range"


SCHEMES = {
    "community-3": CodeScheme(
        "community-3",
        (
            Segment("community", 12, SegmentSource.PARENT),
            Segment("sequence", 3, SegmentSource.COUNTER, first=1, last=999),
        ),
    ),
    "free": CodeScheme("free", ()),
}
"""The shipped schemes by name: 12 digits of the community and 3 of a sequence, or anything."""


def scheme_named(name: str) -> CodeScheme:
    """Give the scheme of that name.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    if name not in SCHEMES:
        raise InputError(
            f"Unknown code scheme {name!r}; possible: {', '.join(SCHEMES)}.", field="code_scheme"
        )
    return SCHEMES[name]


def check_code(code: str | None, parent_code: str | None, scheme: CodeScheme) -> CodeFault | None:
    """Say what is wrong with one code, or None.

    Args:
        code: The code as it stands.
        parent_code: Code of the grid's community; None where it is unknown, and then not compared.
        scheme: How codes are built.

    >>> check_code("320115001001007", "320115001001", SCHEMES["community-3"])
    >>> check_code("320115001002007", "320115001001", SCHEMES["community-3"])
    <CodeFault.PARENT: 'parent'>
    """
    fault: CodeFault | None = check_codes([code], [parent_code], scheme)[0]
    return fault


def check_codes(codes: Texts, parent_codes: Texts, scheme: CodeScheme) -> NDArray[np.object_]:
    """Say what is wrong with each code.

    Args:
        codes: Codes, shape (n,); None and NaN are missing.
        parent_codes: Codes of the communities, shape (n,); None, NaN and blank ones are not compared.
        scheme: How codes are built.

    Returns:
        A `CodeFault` or None each, shape (n,). The first fault in the order of `CodeFault` counts.
    """
    code = _texts(codes)
    faults = np.full(len(code), None, dtype=object)

    def blame(wrong: pd.Series[bool], fault: CodeFault) -> None:
        faults[wrong.to_numpy(dtype=bool) & (faults == None)] = fault  # noqa: E711 - elementwise over objects

    blame(code.str.strip() == "", CodeFault.MISSING)
    if not scheme.segments:
        return faults
    blame(code.str.len() != scheme.width, CodeFault.LENGTH)
    blame(~code.str.fullmatch(r"[0-9]+"), CodeFault.DIGITS)
    parent = _texts(parent_codes)
    at = 0
    for segment in scheme.segments:
        piece = code.str[at : at + segment.width]
        at += segment.width
        if segment.source is SegmentSource.PARENT:
            blame((parent != "") & (piece != parent), CodeFault.PARENT)
        else:
            number = pd.to_numeric(piece.where(piece.str.fullmatch(r"[0-9]+"), "0"))
            blame((number < segment.first) | (number > segment.last), CodeFault.RANGE)
    return faults


def next_code(parent_code: str, used: Iterable[str], scheme: CodeScheme) -> str:
    """Give the code after the highest one ever used under a community.

    Args:
        parent_code: Code of the community.
        used: All codes ever given, retired ones too; those of other communities are passed over.
        scheme: How codes are built. A free scheme numbers "parent-1", "parent-2" ...

    Raises:
        ConflictError: The counter has run out.

    >>> next_code("320115001001", ["320115001001001", "320115001001007"], SCHEMES["community-3"])
    '320115001001008'
    """
    counter = next((s for s in scheme.segments if s.source is SegmentSource.COUNTER), None)
    prefix = parent_code if counter else f"{parent_code}-"
    tails = [code[len(prefix) :] for code in used if code.startswith(prefix)]
    numbers = [
        int(tail) for tail in tails if tail.isdecimal() and (counter is None or len(tail) == counter.width)
    ]
    following = max([counter.first if counter else 1, *(number + 1 for number in numbers)])
    if counter is None:
        return f"{prefix}{following}"
    if following > counter.last:
        raise ConflictError(
            f"All codes of {parent_code} up to {counter.last} have been used, and none is given again. "
            "Divide the community, or choose a scheme with a longer sequence.",
        )
    return f"{prefix}{following:0{counter.width}d}"


def number_order(geometries: ArrayLike) -> NDArray[np.intp]:
    """Order geometries for numbering, as one reads: rows from north to south, in a row from west to east.

    1. The middle of each geometry's box stands for it.
    2. From the north, everything within one median height of the row's first one is in its row.
    3. Same middles are ordered by their boxes, so the result does not depend on the order given.

    Args:
        geometries: Polygons, shape (n,), in any system with x east and y north; None comes last.

    Returns:
        Positions in the order of numbering, shape (n,).
    """
    boxes = shapely.bounds(np.asarray(geometries, dtype=object))
    west, south, east, north = boxes.T
    x, y = (west + east) / 2, (south + north) / 2
    placed = np.isfinite(x) & np.isfinite(y)
    height = float(np.median((north - south)[placed])) if placed.any() else 0.0
    row = np.full(len(boxes), np.iinfo(np.int64).max)
    current, top = -1, np.inf
    for position in np.lexsort((x, -y)):
        if not placed[position]:
            continue
        if top - y[position] >= height or current < 0:
            current, top = current + 1, y[position]
        row[position] = current
    return np.lexsort((-north, east, south, west, -y, x, row))


def _texts(values: Texts) -> pd.Series[str]:
    series = pd.Series(np.asarray(values, dtype=object), dtype=object)
    return series.where(series.notna(), "").astype(str)
