"""Read CSV in constant memory: every cell stays text, every row keeps its number."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tempfile
import weakref
import zlib
from collections import Counter
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pandas as pd

from gis.errors import EncodingError, FileFormatError, InputError
from gis.files.encodings import Text, choose_encoding, codec_named
from gis.files.sources import BATCH, Problems, ReadLimits, checked_text
from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t"
_SPOOLED_BYTES = 16 << 20
_LONGEST_LINE = 1 << 20
_MOST_COLUMNS = 2_000
_JUDGED_LINES = 10_000


class Table:
    """A CSV file, open for reading: iterate for frames of text, as often as wanted.

    Attributes:
        fields: Names of the columns.
        delimiter: What separates the cells.
        encoding: Encoding of the text.
        encoding_evidence: What decided it.
    """

    def __init__(self, lines: _Lines, fields: list[str], delimiter: str, batch: int) -> None:
        self.fields = fields
        self.delimiter = delimiter
        self.encoding = lines.encoding
        self.encoding_evidence = lines.evidence
        self._lines = lines
        self._batch = batch
        self._problems = Problems()

    @property
    def problems(self) -> list[RowProblem]:
        """Return the problems of the rows read so far by the last iteration."""
        return self._problems.listed()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield frames of text cells; the index `row` counts records after the header, from 1.

        Blank lines count, so a row is one less than its line in a spreadsheet. A row with too many or too
        few cells is a problem and left out.

        Raises:
            EncodingError: A line is not in the encoding.
            FileFormatError: The file is damaged or goes beyond the limits.
        """
        self._problems = Problems()
        records = self._records(self._problems)
        while batch := list(islice(records, self._batch)):
            yield self._frame(batch, self._problems)

    def _records(self, problems: Problems) -> Iterator[tuple[int, list[str]]]:
        """Yield the whole records with their numbers; broken ones become problems."""
        reader = csv.reader(self._lines.decoded(), delimiter=self.delimiter, strict=True)
        next(reader)
        number = 0
        while True:
            number += 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                message = f"the row cannot be read ({error}); check its quotes"
                problems.add(RowProblem(number, None, Severity.ERROR, message))
                continue
            if len(record) == len(self.fields):
                yield number, record
            elif record:
                message = f"the row has {len(record)} cells, the header {len(self.fields)}; check delimiters"
                problems.add(RowProblem(number, None, Severity.ERROR, message))

    def _frame(self, batch: list[tuple[int, list[str]]], problems: Problems) -> pd.DataFrame:
        numbers, records = zip(*batch, strict=True)
        rows = pd.Index(numbers, name="row")
        columns = {
            name: pd.Series(checked_text(name, values, numbers, problems), index=rows, dtype=object)
            for name, values in zip(self.fields, zip(*records, strict=True), strict=True)
        }
        return pd.DataFrame(columns, index=rows)


def iter_csv(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    encoding: str | None = None,
    batch: int = BATCH,
    limits: ReadLimits | None = None,
) -> Table:
    """Open a CSV file with a header, packed with gzip or not.

    The delimiter is the one of comma, semicolon and tab that cuts the header into most cells. The
    encoding is the stated one, or a byte order mark's, or that of `choose_encoding`.

    Args:
        source: A path, or a binary stream; one that cannot be rewound is copied.
        encoding: The encoding, if it is known.
        batch: Most rows in a frame.
        limits: Bytes the file may unfold to; the usual ones if None.

    Returns:
        A table to iterate over; memory does not grow with the file.

    Raises:
        FileFormatError: There is no header, or gzip data are damaged or unfold too far.
        InputError: A column name is repeated, or there is no such file.
        EncodingError: The encoding is open or wrong.
    """
    lines = _Lines(source, limits or ReadLimits())
    lines.settle_encoding(encoding)
    first = next(lines.decoded(), "")
    # the first line may end inside a quoted name, so it is not judged strictly
    delimiter = max(_DELIMITERS, key=lambda mark: len(_header([first], mark, strict=False)))
    header = _header(lines.decoded(), delimiter, strict=True)
    return Table(lines, _named(header, lines.name), delimiter, batch)


class _Lines:
    """The lines of a file or stream, unpacked, from the start as often as wanted."""

    def __init__(self, source: str | os.PathLike[str] | IO[bytes], limits: ReadLimits) -> None:
        self.encoding = "utf-8"
        self.evidence = ""
        self._limits = limits
        self._path: Path | None = None
        self._stream: IO[bytes] | None = None
        if hasattr(source, "read"):
            self._stream = self._rewindable(cast("IO[bytes]", source))
            self.name = "the file"
        else:
            self._path = Path(cast("str", source))
            self.name = self._path.name
            if not self._path.is_file():
                raise InputError(f"there is no file {self._path}", field="path")

    def settle_encoding(self, stated: str | None) -> None:
        """Decide the encoding by what is stated, a byte order mark, or the first lines beyond ASCII."""
        first = next(self.raw(), b"")
        if first.startswith(_WIDE_BOMS):
            raise EncodingError(f"{self.name} is in UTF-16; save it as CSV in UTF-8", field="encoding")
        if stated:
            self.encoding, self.evidence = codec_named(stated), "stated by the caller"
        elif first.startswith(_BOM):
            self.evidence = "a byte order mark"
        else:
            beyond = ((row, line) for row, line in enumerate(self.raw()) if not line.isascii())
            texts = [Text(row, "the line", line) for row, line in islice(beyond, _JUDGED_LINES)]
            self.encoding, self.evidence = choose_encoding(texts)

    def decoded(self) -> Iterator[str]:
        """Yield the lines as text, the first without its byte order mark."""
        for row, line in enumerate(self.raw()):
            raw = line.removeprefix(_BOM) if row == 0 else line
            try:
                yield raw.decode(self.encoding)
            except UnicodeDecodeError as error:
                shown = raw[max(0, error.start - 20) : error.end + 20]
                raise EncodingError(
                    f"{self.name} is {self.encoding} ({self.evidence}), but row {row} is not: {shown!r}; "
                    "state the encoding or save the file in one",
                    row=row,
                ) from None

    def raw(self) -> Iterator[bytes]:
        """Yield the lines as bytes."""
        total = 0
        with self._opened() as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE):
                total += len(line)
                if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                    raise FileFormatError(f"row {number} is longer than {_LONGEST_LINE >> 20} MB", row=number)
                if total > self._limits.max_unpacked_bytes:
                    limit = self._limits.max_unpacked_bytes >> 20
                    raise FileFormatError(f"{self.name} has more than {limit} MB of text; split it")
                yield line
                number += 1

    def _rewindable(self, stream: IO[bytes]) -> IO[bytes]:
        if stream.seekable():
            return stream
        copy = tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES)  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, copy.close)
        shutil.copyfileobj(stream, copy)
        return copy

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        with self._packed() as packed, unpacked(packed, self.name) as stream:
            yield stream

    @contextmanager
    def _packed(self) -> Iterator[IO[bytes]]:
        if self._path is not None:
            with self._path.open("rb") as stream:
                yield stream
        elif self._stream is not None:
            self._stream.seek(0)
            yield self._stream


@contextmanager
def unpacked(packed: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Give what a file holds, packed with gzip or not; FileFormatError when reading meets damage."""
    start = packed.read(len(_GZIP))
    packed.seek(0)
    if start != _GZIP:
        yield packed
        return
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            yield io.BufferedReader(stream)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileFormatError(f"{name} holds damaged gzip data ({error}); get it again") from error


def _header(lines: Iterator[str] | list[str], delimiter: str, *, strict: bool) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=strict), [])
    except csv.Error:
        return []


def _named(header: list[str], name: str) -> list[str]:
    """Check the header and give columns without a name one."""
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(header, start=1)]
    if not any(cell.strip() for cell in header):
        raise FileFormatError(f"{name} has no header; its first line must name the columns")
    if len(names) > _MOST_COLUMNS:
        raise FileFormatError(f"{name} has {len(names)} columns; is it CSV?")
    repeated = sorted(cell for cell, times in Counter(names).items() if times > 1)
    if repeated:
        raise InputError(
            f"{name} has several columns called {', '.join(repeated[:8])}; rename them", field=repeated[0]
        )
    return names
