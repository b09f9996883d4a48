"""PostgreSQL's binary COPY format as arrays, without a loop over rows: rows of one shape have one width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Records: TypeAlias = NDArray[np.void]

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = SIGNATURE + bytes(8)  # no flags, no extension
TRAILER = b"\xff\xff"
BIGINT_OID = 20
MISSING = -1
# what the server calls a value by the kind numpy has it in
WIRE = {"i": ">i8", "f": ">f8", "b": "u1"}


@dataclass(frozen=True, slots=True)
class Column:
    """A bigint, double precision or boolean column; `missing` marks what goes out as NULL.

    Attributes:
        values: Shape (n,), int64, float64 or bool.
        missing: Shape (n,), or None where every row has a value.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None

    def shape(self) -> NDArray[np.int64]:
        """Return 1 for rows that have a value, else 0."""
        if self.missing is None:
            return np.ones(len(self.values), dtype=np.int64)
        return (~self.missing).astype(np.int64)

    def fields(self, name: str, shape: int) -> list[tuple[Any, ...]]:
        """Return the fields of this column in rows of a shape."""
        value = [(name, WIRE[self.values.dtype.kind])] if shape else []
        return [(f"{name}_bytes", ">i4"), *value]

    def fill(self, records: Records, name: str, shape: int, rows: NDArray[np.intp]) -> None:
        """Write the values of these rows, all of one shape."""
        records[f"{name}_bytes"] = records.dtype[name].itemsize if shape else MISSING
        if shape:
            records[name] = self.values[rows]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A bigint[] column; the list of row i is `values[offsets[i] : offsets[i + 1]]`.

    Attributes:
        values: All lists one after another, int64.
        offsets: Shape (n + 1,).
    """

    values: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def shape(self) -> NDArray[np.int64]:
        """Return the length of each list."""
        return np.diff(self.offsets)

    def fields(self, name: str, shape: int) -> list[tuple[Any, ...]]:
        """Return the fields of this column in rows of a shape."""
        words = ("bytes", "dimensions", "nulls", "element", *(("size", "first") if shape else ()))
        items = [(name, [("bytes", ">i4"), ("value", ">i8")], (shape,))] if shape else []
        return [*((f"{name}_{word}", ">i4") for word in words), *items]

    def fill(self, records: Records, name: str, shape: int, rows: NDArray[np.intp]) -> None:
        """Write the lists of these rows, all of one length."""
        records[f"{name}_bytes"] = 12 + (8 + 12 * shape if shape else 0)
        records[f"{name}_dimensions"] = 1 if shape else 0
        records[f"{name}_nulls"] = 0
        records[f"{name}_element"] = BIGINT_OID
        if shape:
            records[f"{name}_size"] = shape
            records[f"{name}_first"] = 1
            records[name]["bytes"] = 8
            records[name]["value"] = self.values[self.offsets[rows, None] + np.arange(shape)]


def read_rows(data: bytes, columns: Sequence[tuple[str, str]]) -> Records:
    """Read what `COPY (...) TO STDOUT (FORMAT binary)` gave for columns without NULL.

    Args:
        data: The whole stream.
        columns: Name and big-endian numpy type of each column, as ("id", ">i8").

    Returns:
        One record a row; the fields of the format itself are there too.

    Raises:
        ValueError: The stream is no binary COPY of such columns.
    """
    fields = [
        ("fields", ">i2"),
        *(f for name, kind in columns for f in ((f"{name}_bytes", ">i4"), (name, kind))),
    ]
    dtype = np.dtype(fields)
    body = len(data) - len(HEADER) - len(TRAILER)
    if not data.startswith(SIGNATURE) or not data.endswith(TRAILER) or body % dtype.itemsize:
        raise ValueError("this is no binary COPY of the columns asked for, or it has a NULL")
    records = np.frombuffer(data, dtype=dtype, count=body // dtype.itemsize, offset=len(HEADER))
    if not all((records[f"{name}_bytes"] == dtype[name].itemsize).all() for name, _ in columns):
        raise ValueError("this is no binary COPY of the columns asked for")
    return records


def write_rows(columns: Mapping[str, Column | ListColumn]) -> Iterator[bytes]:
    """Yield rows as `COPY ... FROM STDIN (FORMAT binary)` reads them, those of one shape together.

    Args:
        columns: By name, in the order of the COPY; all of the same length.
    """
    yield HEADER
    shapes = [column.shape() for column in columns.values()]
    for rows in of_one_shape(shapes):
        kinds = [int(shape[rows[0]]) for shape in shapes]
        named = list(zip(columns.items(), kinds, strict=True))
        fields = [field for (name, column), kind in named for field in column.fields(name, kind)]
        records: Records = np.empty(len(rows), dtype=[("fields", ">i2"), *fields])
        records["fields"] = len(columns)
        for (name, column), kind in named:
            column.fill(records, name, kind, rows)
        yield records.tobytes()
    yield TRAILER


def of_one_shape(shapes: Sequence[NDArray[np.int64]]) -> list[NDArray[np.intp]]:
    """Return the rows that are alike in every column, group by group, each in order."""
    if not len(shapes[0]):
        return []
    key = np.zeros(len(shapes[0]), dtype=np.int64)
    for shape in shapes:
        if np.ptp(shape):
            # numbered anew each time, so that no number of columns overflows
            _, key = np.unique(key * (shape.max() + 1) + shape, return_inverse=True)
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
