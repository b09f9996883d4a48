"""The child process: read one layer of one file with one driver and write its rows to standard output.

Runs as a script of its own (`python -I child.py <job>`), imports nothing of this package, and limits itself
before it touches the file. A file that makes GDAL, SQLite or GEOS crash, loop or eat memory ends this
process; the parent (`process.py`) turns that into an error.

A message is two little-endian 4-byte lengths, that many bytes of JSON (UTF-8; bytes of a text that are not
UTF-8 are lone surrogates, so nothing is lost or guessed here), and that many bytes of WKB.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Job = dict[str, Any]
    Rows = tuple[list[bytes | None], list[tuple[Any, ...]]]

_BATCH_BYTES = 32 << 20
_READ_BYTES = 32 << 20
_MOST_READ_ROWS = 200_000
_FEWEST_READ_ROWS = 500
_HARD_EXTRA_SECONDS = 5
_OPEN_FILES = 64
# sizes of the envelope by the three bits of the flags; OGC 12-128, section 2.1.3
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_BLOB_HEAD = 8
_RAW = "ISO-8859-1"  # maps every byte to one character and back


def limit_self(seconds: float, memory_mb: int) -> None:
    """Give up the right to more time, memory, files or any writing."""
    cpu = max(1, int(seconds))
    limits = {
        resource.RLIMIT_CPU: (cpu, cpu + _HARD_EXTRA_SECONDS),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (_OPEN_FILES, _OPEN_FILES),
    }
    if sys.platform != "darwin":  # macOS has the constant but refuses to set it
        limits[resource.RLIMIT_AS] = (memory_mb << 20, memory_mb << 20)
    for which, limit in limits.items():
        resource.setrlimit(which, limit)


def send(head: dict[str, Any], wkb: bytes = b"") -> None:
    """Write one message."""
    text = json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass")
    out = sys.stdout.buffer
    out.write(struct.pack("<II", len(text), len(wkb)))
    out.write(text)
    out.write(wkb)
    out.flush()


def send_rows(batches: Iterable[Rows], size: int, kinds: list[str]) -> None:
    """Write rows in messages of at most `size` rows and about `_BATCH_BYTES` of geometry of these kinds."""
    geometries: list[bytes | None] = []
    rows: list[tuple[Any, ...]] = []
    weight = 0
    for more_geometries, more_rows in batches:
        for geometry, row in zip(more_geometries, more_rows, strict=True):
            geometries.append(geometry)
            rows.append(row)
            weight += len(geometry or b"") + sum(len(value) for value in row if isinstance(value, str))
            if len(rows) == size or weight > _BATCH_BYTES:
                _send_batch(geometries, rows, kinds)
                geometries, rows, weight = [], [], 0
    if rows:
        _send_batch(geometries, rows, kinds)


def _send_batch(geometries: list[bytes | None], rows: list[tuple[Any, ...]], names: list[str]) -> None:
    """Parse geometries here, where a crash costs nothing, and send only clean flat ones of these kinds."""
    import numpy as np  # noqa: PLC0415 - after the limits, and not for a mere description
    import shapely  # noqa: PLC0415 - likewise

    wanted = np.array(geometries, dtype=object)
    shapes = shapely.from_wkb(wanted, on_invalid="ignore")
    kinds = shapely.get_type_id(shapes)
    empty = shapely.is_empty(shapes)
    faults = {}
    wanted_kinds = [shapely.GeometryType[name.upper()].value for name in names]
    for at in np.flatnonzero(empty | ~np.isin(kinds, wanted_kinds)).tolist():
        if wanted[at] is None:
            faults[at] = "missing"
        elif shapes[at] is None:
            faults[at] = "unreadable"
        else:
            faults[at] = "empty" if empty[at] else shapes[at].geom_type
        shapes[at] = None
    high = np.flatnonzero(shapely.has_z(shapes) | shapely.has_m(shapes)).tolist()
    wkb = [blob or b"" for blob in shapely.to_wkb(shapely.force_2d(shapes)).tolist()]
    columns = list(zip(*rows, strict=True))
    sizes = [len(blob) for blob in wkb]
    send({"kind": "rows", "columns": columns, "sizes": sizes, "faults": faults, "high": high}, b"".join(wkb))


# GeoPackage is an SQLite database, so SQLite reads it: streaming, and with no driver to lead astray.


def open_database(path: str) -> sqlite3.Connection:
    """Open a GeoPackage for reading only, trusting nothing in it."""
    database = sqlite3.connect(f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1", uri=True)
    database.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    harmless = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_PRAGMA}
    database.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in harmless else sqlite3.SQLITE_DENY
    )
    return database


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def describe_geopackage(job: Job) -> dict[str, Any]:
    """Return layers, and of the chosen one fields, count and coordinate system."""
    database = open_database(job["path"])
    layers = [
        name
        for (name,) in database.execute(
            "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g USING (table_name) "
            "WHERE c.data_type = 'features' ORDER BY c.rowid"
        )
    ]
    layer: str = job["layer"] or (layers[0] if len(layers) == 1 else "")
    if layer not in layers:
        return {"layers": layers}
    names, _ = _columns(database, layer)
    (count,) = database.execute(f"SELECT count(*) FROM {quoted(layer)}").fetchone()  # noqa: S608 - quoted
    return {
        "layers": layers,
        "layer": layer,
        "fields": names,
        "count": count,
        "crs": _database_crs(database, layer),
    }


def _columns(database: sqlite3.Connection, layer: str) -> tuple[list[str], str]:
    """Return the names of the attribute columns and of the geometry column."""
    (geometry,) = database.execute(
        "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
    ).fetchone()
    names = [row[1] for row in database.execute(f"PRAGMA table_info({quoted(layer)})")]
    return [name for name in names if name != geometry], geometry


def _database_crs(database: sqlite3.Connection, layer: str) -> str:
    row = database.execute(
        "SELECT s.srs_id, s.organization, s.organization_coordsys_id, s.definition "
        "FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE g.table_name = ?",
        (layer,),
    ).fetchone()
    if row is None or row[0] in {-1, 0}:  # undefined cartesian and undefined geographic
        return ""
    _, organization, number, definition = row
    return f"EPSG:{number}" if str(organization).upper() == "EPSG" else str(definition)


def rows_of_geopackage(job: Job) -> Iterator[Rows]:
    """Yield geometries as WKB, and rows."""
    database = open_database(job["path"])
    names, geometry = _columns(database, job["layer"])
    selected = ", ".join([quoted(geometry) if job["geometry"] else "NULL", *map(quoted, names)])
    query = f"SELECT {selected} FROM {quoted(job['layer'])} LIMIT ?"  # noqa: S608 - quoted
    cursor = database.execute(query, (-1 if job["most"] is None else job["most"],))
    # few at a time: one row may hold megabytes
    while rows := cursor.fetchmany(100):
        values = [tuple(v.hex() if isinstance(v, bytes) else v for v in row[1:]) for row in rows]
        yield [_wkb_of_blob(row[0]) for row in rows], values


def _wkb_of_blob(blob: object) -> bytes | None:
    """Take the WKB out of a GeoPackage geometry; b"" where it is none."""
    if blob is None:
        return None
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < _BLOB_HEAD:
        return b""
    envelope = blob[3] >> 1 & 7
    return blob[_BLOB_HEAD + _ENVELOPE_BYTES[envelope] :] if envelope < len(_ENVELOPE_BYTES) else b""


# Shapefile and FlatGeobuf are read by GDAL, with all other drivers switched off by the parent (GDAL_SKIP).


def open_gdal(driver: str) -> Any:  # noqa: ANN401 - a module without types
    """Import the raw reader and make sure that it can do nothing but read this format."""
    for heavy in ("pandas", "geopandas", "pyarrow"):
        sys.modules[heavy] = None  # type: ignore[assignment]  # pyogrio then does without them, in half the time
    import pyogrio.raw  # noqa: PLC0415 - after the limits

    drivers = set(pyogrio.list_drivers())
    if drivers != {driver}:
        raise RuntimeError(f"drivers {sorted(drivers)} are on, wanted {driver} alone")
    return pyogrio


def describe_gdal(job: Job) -> dict[str, Any]:
    """Return layers, fields, count and coordinate system."""
    pyogrio = open_gdal(job["driver"])
    info = pyogrio.read_info(job["path"], encoding=_RAW, force_feature_count=True)
    fields = [_bytes_as_text(name) for name in info["fields"]]
    layer = _bytes_as_text(info["layer_name"])
    return {
        "layers": [layer],
        "layer": layer,
        "fields": fields,
        "count": int(info["features"]),
        "crs": info["crs"] or "",
    }


def rows_of_gdal(job: Job) -> Iterator[Rows]:
    """Yield geometries as WKB, and rows."""
    pyogrio = open_gdal(job["driver"])
    count = max(1, int(pyogrio.read_info(job["path"], encoding=_RAW, force_feature_count=True)["features"]))
    # GDAL skips rows of a FlatGeobuf by reading them, so as many at once as memory allows
    per_row = max(1, Path(job["path"]).stat().st_size // count)
    at_once = job["most"] or max(_FEWEST_READ_ROWS, min(_MOST_READ_ROWS, _READ_BYTES // per_row))
    count = min(count, job["most"] or count)
    done = 0
    while done < count:
        _, _, geometries, columns = pyogrio.raw.read(
            job["path"],
            encoding=_RAW,
            skip_features=done,
            max_features=at_once,
            read_geometry=job["geometry"],
            datetime_as_string=True,
        )
        values = [_plain(column) for column in columns]
        rows = len(geometries) if geometries is not None else len(values[0]) if values else 0
        if not rows:
            break
        done += rows
        yield (
            list(geometries) if geometries is not None else [None] * rows,
            list(zip(*values, strict=True)) if values else [()] * rows,
        )


def _plain(column: Any) -> list[Any]:  # noqa: ANN401 - a numpy array, imported later
    """Return a column as Python values; a missing number, which is NaN here, as None."""
    values = column.tolist()
    if column.dtype.kind == "f":
        return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN differs from itself
    return [_bytes_as_text(value) if isinstance(value, str) else value for value in values]


def _bytes_as_text(raw: str) -> str:
    return raw.encode(_RAW).decode("utf-8", "surrogateescape")


def main() -> None:
    """Do the job named on the command line."""
    job: Job = json.loads(sys.argv[1])
    sys.path[:] = job["import_path"]
    limit_self(job["seconds"], job["memory_mb"])
    in_database = job["format"] == "gpkg"
    try:
        if job["task"] == "look":
            layer = describe_geopackage(job) if in_database else describe_gdal(job)
            send({"kind": "layer", **layer})
            job["layer"] = layer.get("layer")
        if job["layer"] is not None:
            batches = rows_of_geopackage(job) if in_database else rows_of_gdal(job)
            send_rows(batches, job["size"], job["kinds"])
        send({"kind": "end"})
    except MemoryError:
        send({"kind": "error", "reason": "memory"})
    except Exception as error:  # noqa: BLE001 - the parent turns any failure into its own error
        send({"kind": "error", "reason": f"{type(error).__name__}: {error}"[:300]})


if __name__ == "__main__":
    main()
    # no clean-up: GDAL's may crash on a damaged file, and all is said
    sys.stdout.flush()
    os._exit(0)
