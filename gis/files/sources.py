"""What a vector file is once it is open: its layer, the limits it was read under, its problems."""

from __future__ import annotations

import shutil
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import FileFormatError
from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gis.settings import Settings

BATCH = 20_000
"""Rows read at once: large enough to be vectorised, small enough for memory."""

SAMPLE_ROWS = 5

AREA_KINDS = ("Polygon", "MultiPolygon")
LINE_KINDS = ("LineString", "MultiLineString")
ASSIGNABLE_KINDS = (*AREA_KINDS, "Point", *LINE_KINDS)
"""What buildings, parcels, roads and places are drawn as."""

NO_GEOMETRY = "the row has no geometry; draw it or remove the row"
Z_DROPPED = "heights in the geometry are dropped"
TOO_FAR = "a coordinate is larger than the Earth, or no number; correct it"
_LARGEST_COORDINATE = 1e8  # in degrees or in metres with a zone prefix, nothing on Earth is larger
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much a file may ask of this machine. Beyond it the file is refused, never cut short.

    Attributes:
        max_features: Most features in a file.
        max_vertices: Most vertices in one feature.
        max_depth: Deepest nesting of JSON; a multipolygon in a collection needs 8.
        max_file_bytes: Largest file, packed or not.
        max_unpacked_bytes: Most bytes a zip or gz may unfold to.
        max_members: Most members in a zip.
        max_ratio: Largest factor by which one member or a gz may unfold.
        seconds: Longest time to wait for the reading child process.
        memory_mb: Memory of that process.
        kinds: Kinds of geometry that are taken; another one is a problem of its row.
    """

    max_features: int = 1_000_000
    max_vertices: int = 200_000
    max_depth: int = 32
    max_file_bytes: int = 4_000 * _MEGABYTE
    max_unpacked_bytes: int = 4_000 * _MEGABYTE
    max_members: int = 2_000
    max_ratio: int = 200
    seconds: float = 600.0
    memory_mb: int = 4_096
    kinds: tuple[str, ...] = AREA_KINDS

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take the limits an operator has set."""
        return cls(
            max_features=settings.max_features,
            max_vertices=settings.max_vertices,
            max_unpacked_bytes=settings.max_unpacked_mb * _MEGABYTE,
            seconds=float(settings.import_seconds),
            memory_mb=settings.import_memory_mb,
        )


class Problems:
    """The problems of one file, kept up to a number so that a bad million rows stay readable.

    Args:
        most: How many problems are listed; the rest are counted.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._listed: list[RowProblem] = []
        self._unlisted = 0
        self._notes: dict[str, tuple[int, int]] = {}
        self.errors = 0

    def add(self, problem: RowProblem) -> None:
        """Take one problem."""
        self.errors += problem.severity is Severity.ERROR
        if len(self._listed) < self._most:
            self._listed.append(problem)
        else:
            self._unlisted += 1

    def extend(self, problems: Iterable[RowProblem]) -> None:
        """Take several problems."""
        for problem in problems:
            self.add(problem)

    def note(self, message: str, row: int | None = None, count: int = 1) -> None:
        """Take a note; the same one for many rows becomes one line with the first row and the count."""
        first, before = self._notes.get(message, (row or 0, 0))
        self._notes[message] = (first, before + count)

    def listed(self) -> list[RowProblem]:
        """Return notes and problems as they stand."""
        notes = [
            RowProblem(
                row=first or None,
                field=None,
                severity=Severity.INFO,
                message=f"{message} ({count} rows, the first is {first})" if first and count > 1 else message,
            )
            for message, (first, count) in self._notes.items()
        ]
        if not self._unlisted:
            return notes + self._listed
        rest = RowProblem(None, None, Severity.ERROR, f"{self._unlisted} more problems are not listed")
        return [*notes, *self._listed, rest]


@dataclass(slots=True, kw_only=True, weakref_slot=True)
class Layer:
    """One layer of a vector file, open for reading. Use it in a `with` block or call `close`.

    Attributes:
        path: The file as it was given.
        name: The layer's name, or the name of the file inside a zip.
        format: geojson, geojsonseq, gpkg, shapefile or flatgeobuf, by content.
        declared_crs: The system the file names, as `gis.gridding.crs.parse_system` gives it ("wgs84",
            "cgcs2000", "EPSG:4549"); None where it names none, or one nobody can identify.
        fields: Names of the columns, in the file's order.
        feature_count: Number of rows; None where only reading to the end would tell.
        encoding: Encoding of the text.
        encoding_evidence: What decided the encoding.
        layers: Names of all layers in the file.
        sample_rows: The first rows as the file has them, without geometry.
    """

    path: Path
    name: str
    format: str
    declared_crs: str | None
    fields: list[str]
    feature_count: int | None
    encoding: str
    encoding_evidence: str
    layers: list[str]
    sample_rows: list[dict[str, Any]]
    read: Callable[[int, Problems], Iterator[gpd.GeoDataFrame]]
    notes: Problems = field(default_factory=Problems)
    _reading: Problems = field(default_factory=Problems)
    _unpacked: weakref.finalize[..., Layer] | None = None

    def batches(self, size: int = BATCH) -> Iterator[gpd.GeoDataFrame]:
        """Yield the rows in frames of at most `size`, in the file's order; may be called again.

        Yields:
            A frame with the file's columns, values as in the file (missing: None), a geometry column
            without a coordinate system (x east, y north, two-dimensional; None where it is missing or
            unusable), and an index named `row` that counts from 1.

        Raises:
            FileFormatError: The file is damaged or goes beyond the limits.
            EncodingError: A text is not in the file's encoding.
        """
        self._reading = Problems()
        return self.read(size, self._reading)

    @property
    def problems(self) -> list[RowProblem]:
        """Return notes on the file, and the problems of the rows read so far by the last `batches`."""
        return self.notes.listed() + self._reading.listed()

    def keep(self, folder: Path) -> None:
        """Keep a folder until the layer is closed or forgotten."""
        self._unpacked = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._unpacked is not None:
            self._unpacked()

    def __enter__(self) -> Self:
        """Give the layer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the layer."""
        self.close()


@contextmanager
def removed_on_error(folder: Path) -> Iterator[Path]:
    """Give a folder that stays if the block ends well and is removed if it does not."""
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def to_frame(
    columns: Mapping[str, Sequence[Any]], geometry: NDArray[np.object_], first_row: int, problems: Problems
) -> gpd.GeoDataFrame:
    """Put columns and geometries together; texts with a NUL, which no database takes, are reported.

    Args:
        columns: Values by name, all as long as `geometry`.
        geometry: Shapely geometries or None, shape (n,).
        first_row: Row of the file the first value belongs to, counting from 1.
        problems: Takes a problem for each text that contains a NUL.

    Returns:
        A frame of object columns, so that a code stays a text and a missing number makes no float.
    """
    rows = pd.RangeIndex(first_row, first_row + len(geometry), name="row")
    data = {
        name: pd.Series(checked_text(name, values, rows, problems), index=rows, dtype=object)
        for name, values in columns.items()
    }
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geometry, index=rows), index=rows)


def checked_text(
    name: str, values: Sequence[Any], rows: Sequence[int] | pd.RangeIndex, problems: Problems
) -> Sequence[Any]:
    """Return the values of a column without NUL, which is an error; a lost character gets a note."""
    cleaned: list[Any] | None = None
    for position, value in enumerate(values):
        if not isinstance(value, str) or (value.isascii() and "\0" not in value):
            continue
        row = int(rows[position])
        if "\ufffd" in value:
            problems.note(
                f"{name} contains \ufffd, where a character was lost before the file came here", row
            )
        if "\0" in value:
            message = f"{name} contains a NUL character, which no database stores; remove it from the file"
            problems.add(RowProblem(row, name, Severity.ERROR, message))
            cleaned = [*values] if cleaned is None else cleaned
            cleaned[position] = value.replace("\0", "")
    return values if cleaned is None else cleaned


def wrong_kind(kind: str, kinds: Sequence[str] = AREA_KINDS) -> str:
    """Say that a geometry of this kind cannot be used here."""
    if kinds == AREA_KINDS:
        return f"the geometry is {kind!r}; only Polygon and MultiPolygon can be an area or a grid"
    return f"the geometry is {kind!r}; only {', '.join(kinds)} can be assigned to grids"


def require_few_vertices(count: int, most: int, row: int) -> None:
    """Refuse the file if one feature has more vertices than the limit."""
    if count > most:
        raise FileFormatError(
            f"feature {row} has {count} vertices, the limit is {most}; simplify its outline or split it",
            row=row,
            field="geometry",
        )


def is_too_far(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which geometries have a coordinate that is infinite, no number, or larger than the Earth."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    far = ~(np.abs(xy) <= _LARGEST_COORDINATE).all(axis=1)  # negated, so that NaN counts as far
    result = np.zeros(len(shapes), dtype=bool)
    result[owner[far]] = True
    return result


def distinct_names(names: Sequence[str], problems: Problems) -> list[str]:
    """Rename repeated column names, and one called like the geometry column, and say so."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken or candidate == "geometry":
            number += 1
            candidate = f"{name}_{number}"
        if candidate != name:
            problems.note(f"column {name!r} is called {candidate!r} here, because the name is taken")
        taken.add(candidate)
        result.append(candidate)
    return result
