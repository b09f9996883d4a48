"""Write CSV that a spreadsheet opens as text and figures, never as formulas."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from gis.files.atomic import replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BOM = "\ufeff"
# the second row: the same signs as Chinese and Japanese keyboards give them, which spreadsheets take too
_FORMULA = re.compile(r"^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ROWS_AT_ONCE = 20_000


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as a CSV file that replaces `path` in one step; for the rest see `csv_pieces`."""
    with replaced(path) as draft, draft.open("wb") as out:
        out.writelines(csv_pieces([frame]))


def csv_pieces(frames: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """Yield frames with equal columns as one CSV file, piece by piece.

    UTF-8 with a byte order mark, because spreadsheets in China read a file without one as GBK. A text that
    a spreadsheet would run as a formula gets an apostrophe before it; a plain number, and a missing value
    as an empty cell, stay as they are. A geometry column is left out.

    Args:
        frames: The rows; the header comes from the first frame.
    """
    head = True
    for frame in frames:
        names = [str(name) for name in frame.columns if name != "geometry"]
        if head:
            yield BOM.encode() + _encoded([names])
            head = False
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            part = frame[names].iloc[start : start + _ROWS_AT_ONCE]
            columns = [[_cell(value) for value in part[name].astype(object)] for name in names]
            yield _encoded(zip(*columns, strict=True))


def csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Return rows of harmless cells as lines of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; almost every cell is one as it is."""
    if (text[:1].isalnum() or not text) and "\0" not in text:
        return text
    clean = text.replace("\0", "")
    return f"'{clean}" if _FORMULA.match(clean) and not _PLAIN_NUMBER.fullmatch(clean) else clean


def _encoded(rows: Iterable[Iterable[str]]) -> bytes:
    return csv_lines([harmless(cell) for cell in row] for row in rows)


def _cell(value: Any) -> str:  # noqa: ANN401 - any value of a table
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - NaN alone does
        return ""
    return value.isoformat(sep=" ") if isinstance(value, pd.Timestamp) else str(value)
