"""Open GeoPackage, Shapefile and FlatGeobuf layers; the reading itself is the child's."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gis.errors import EncodingError, FileFormatError, InputError
from gis.files.encodings import Text, choose_encoding, codec_named, decoded
from gis.files.sandbox.process import Job, Message, look, rows
from gis.files.sandbox.shapefile import field_widths, require_whole, stated_encodings, stated_system
from gis.files.sources import (
    NO_GEOMETRY,
    SAMPLE_ROWS,
    TOO_FAR,
    Z_DROPPED,
    Layer,
    Problems,
    distinct_names,
    is_too_far,
    require_few_vertices,
    to_frame,
    wrong_kind,
)
from gis.files.systems import declared_system
from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from gis.files.sources import ReadLimits

DRIVERS = {"shapefile": "ESRI Shapefile", "flatgeobuf": "FlatGeobuf", "gpkg": ""}

_FAULTS = {
    "missing": NO_GEOMETRY,
    "empty": "the geometry is empty; draw it or remove the row",
    "unreadable": "the geometry is damaged (a ring is open or has fewer than four positions); draw it again",
}
_MOST_LAYERS_NAMED = 40
_MOST_TEXTS = 200_000
_NAME_WIDTH = 10


class _Field(NamedTuple):
    """A column: its name, the bytes it holds if that is fixed, and the encoding of its text."""

    name: str
    width: int | None
    codec: str

    def value(self, value: Any, row: int, problems: Problems) -> Any:  # noqa: ANN401 - any value of a table
        """Decode a value, if it is a text."""
        if not isinstance(value, str) or value.isascii():
            return value
        raw = _raw(value)
        try:
            text = decoded(raw, self.codec, self.width)
        except UnicodeDecodeError:
            raise EncodingError(
                f"{self.name} in row {row} is not {self.codec}: {raw[:60]!r}; state the right encoding or "
                "export the file again",
                field=self.name,
                row=row,
            ) from None
        if self.width and len(raw) >= self.width and text.encode(self.codec) != raw:
            problems.note(f"{self.name} was cut inside a character by its writer; the half is dropped", row)
        return text


def open_sandboxed(job: Job, limits: ReadLimits, encoding: str | None, notes: Problems) -> Layer:
    """Open a layer in a child process.

    Args:
        job: The file, its format, and the layer wanted, None for the only one.
        limits: Features, vertices, and what the child may use.
        encoding: Encoding stated by the caller; for Shapefiles only.
        notes: Takes notes on the file.

    Raises:
        InputError: There are several layers, or the one wanted is not among them; the message names them.
        FileFormatError: The file is damaged or goes beyond the limits.
        EncodingError: The encoding of a Shapefile is open, or not what it states.
    """
    is_shapefile = job.format == "shapefile"
    if is_shapefile:
        require_whole(job.path, job.name, limits)
    elif encoding and codec_named(encoding) != "utf-8":
        raise EncodingError(f"{job.name} is UTF-8 by its format; leave the encoding out", field="encoding")
    with closing(look(job, limits, None if is_shapefile else SAMPLE_ROWS)) as messages:
        found = next(messages).head
        names, count = _described(found, job, limits)
        codec, evidence = "utf-8", "the format is UTF-8"
        widths: list[int | None] = [None] * len(names)
        first = next(messages, None)
        if is_shapefile:
            widths = [field_widths(job.path).get(_raw(name)) for name in names]
            pieces = chain([first] if first else [], messages)
            texts = _texts(pieces, list(zip(names, widths, strict=True)))
            codec, evidence = choose_encoding(texts, stated=encoding, clues=stated_encodings(job.path))
    fields = distinct_names([_name(name, codec) for name in names], notes)
    columns = [_Field(*it, codec) for it in zip(fields, widths, strict=True)]
    system, where = (
        (stated_system(job.path), "the .prj file") if is_shapefile else (found["crs"], "the layer")
    )
    return Layer(
        path=job.path,
        name=job.name if job.format != "gpkg" else found["layer"],
        format=job.format,
        declared_crs=declared_system(system, where, notes),
        fields=fields,
        feature_count=count,
        encoding=codec,
        encoding_evidence=evidence,
        layers=[_name(name, codec) for name in found["layers"]],
        sample_rows=_sample(first, columns),
        read=partial(_batches, job._replace(layer=found["layer"]), limits, columns),
        notes=notes,
    )


def _described(found: dict[str, Any], job: Job, limits: ReadLimits) -> tuple[list[str], int]:
    """Check what the child says of the layer and return its fields and count."""
    layers, fields, count = found.get("layers"), found.get("fields"), found.get("count")
    if not isinstance(layers, list) or not layers:
        raise FileFormatError(f"{job.name} has no layer with geometry")
    if fields is None:
        named = ", ".join(map(str, layers[:_MOST_LAYERS_NAMED]))
        asked = "holds several layers" if job.layer is None else f"has no layer {job.layer!r}"
        raise InputError(f"{job.name} {asked}; choose one with `layer`: {named}", field="layer")
    if not isinstance(fields, list) or not isinstance(count, int):
        raise FileFormatError(f"{job.name} is damaged: its layer cannot be described")
    if count > limits.max_features:
        raise FileFormatError(
            f"{job.name} claims {count} features, the limit is {limits.max_features}; split it"
        )
    return fields, count


def _texts(messages: Iterable[Message], fields: list[tuple[str, int | None]]) -> list[Text]:
    """Return each different text of a Shapefile that is not ASCII, names of fields first (as row 0)."""
    seen: dict[bytes, Text] = {}
    for name, _ in fields:
        raw = _raw(name)
        if not raw.isascii():
            seen[raw] = Text(0, "a field name", raw, _NAME_WIDTH)
    first = 1
    for message in messages:
        columns = message.head["columns"]
        for (name, width), values in zip(fields, columns, strict=True):
            for at, value in enumerate(values):
                if isinstance(value, str) and not value.isascii() and (raw := _raw(value)) not in seen:
                    seen[raw] = Text(first + at, _name(name, "ascii"), raw, width)
        first += len(message.head["sizes"])
        if len(seen) > _MOST_TEXTS:
            break
    return list(seen.values())


def _sample(message: Message | None, fields: list[_Field]) -> list[dict[str, Any]]:
    if message is None:
        return []
    columns = [
        [field.value(value, row, Problems()) for row, value in enumerate(column[:SAMPLE_ROWS], start=1)]
        for field, column in zip(fields, message.head["columns"], strict=True)
    ]
    names = [field.name for field in fields]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _batches(
    job: Job, limits: ReadLimits, fields: list[_Field], size: int, problems: Problems
) -> Iterator[gpd.GeoDataFrame]:
    first = 1
    for message in rows(job, limits, size):
        columns, shapes = _checked(message, job.name, len(fields))
        if first + len(shapes) - 1 > limits.max_features:
            raise FileFormatError(f"{job.name} has more than {limits.max_features} features; split it")
        _report(message.head, shapes, first, limits, problems)
        values = {
            field.name: [field.value(value, first + at, problems) for at, value in enumerate(column)]
            for field, column in zip(fields, columns, strict=True)
        }
        yield to_frame(values, shapes, first, problems)
        first += len(shapes)


def _checked(message: Message, name: str, fields: int) -> tuple[list[list[Any]], NDArray[np.object_]]:
    """Return the columns and the geometries of a message, which must fit each other."""
    head, wkb = message
    columns: list[list[Any]] = head["columns"]
    sizes: list[int] = head["sizes"]
    if sum(sizes) != len(wkb) or [len(column) for column in columns] != [len(sizes)] * fields:
        raise FileFormatError(f"{name} is damaged: its rows do not fit its fields")
    ends = np.cumsum(sizes).tolist()
    blobs: NDArray[np.object_] = np.full(len(sizes), None, dtype=np.object_)
    for at, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        if size:
            blobs[at] = wkb[end - size : end]
    # a coordinate may be a signalling NaN, at which the processor raises its flag; `_report` names it
    with np.errstate(invalid="ignore"):
        return columns, np.asarray(shapely.from_wkb(blobs, on_invalid="ignore"))


def _report(
    head: dict[str, Any], shapes: NDArray[np.object_], first: int, limits: ReadLimits, problems: Problems
) -> None:
    """Say what is wrong with geometries; those beyond the Earth are dropped from `shapes`."""
    for at, fault in head["faults"].items():
        message = _FAULTS.get(fault) or wrong_kind(str(fault)[:40], limits.kinds)
        problems.add(RowProblem(first + int(at), "geometry", Severity.ERROR, message))
    for at in np.flatnonzero(is_too_far(shapes)).tolist():
        shapes[at] = None
        problems.add(RowProblem(first + at, "geometry", Severity.ERROR, TOO_FAR))
    if head["high"]:
        problems.note(Z_DROPPED, first + int(head["high"][0]), len(head["high"]))
    vertices = shapely.get_num_coordinates(shapes)
    if len(vertices):
        most = int(np.argmax(vertices))
        require_few_vertices(int(vertices[most]), limits.max_vertices, first + most)


def _raw(value: str) -> bytes:
    """Give back the bytes of a text the child could not decode."""
    return value.encode("utf-8", "surrogateescape")


def _name(name: str, codec: str) -> str:
    """Decode a field's name; ten bytes may end inside a character, which is dropped."""
    raw = _raw(name)
    try:
        return decoded(raw, codec, _NAME_WIDTH)
    except UnicodeDecodeError:
        return raw.decode("ascii", "replace")
