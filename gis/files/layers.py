"""Open a vector file, whatever it is called: its content decides how it is read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import EncodingError, FileFormatError, InputError
from gis.files.encodings import codec_named
from gis.files.features.reader import open_geojson
from gis.files.formats import format_of
from gis.files.sandbox.archive import opened_archive
from gis.files.sandbox.process import Job
from gis.files.sandbox.reader import DRIVERS, open_sandboxed
from gis.files.sandbox.shapefile import link_siblings
from gis.files.sources import Layer, Problems, ReadLimits, removed_on_error

if TYPE_CHECKING:
    import os

__all__ = ["Layer", "Problems", "ReadLimits", "open_layer"]

_LAYER_MARK = "|"


def open_layer(
    path: str | os.PathLike[str],
    *,
    limits: ReadLimits,
    layer: str | None = None,
    encoding: str | None = None,
) -> Layer:
    """Open one layer of a file. GeoJSON is read here, other formats by a child process with limits.

    Args:
        path: GeoJSON, newline-delimited GeoJSON, GeoPackage, FlatGeobuf, a `.shp` with its siblings, or
            a zip with one of these.
        limits: How much the file may ask for.
        layer: The layer, where there are several: a member of a zip, a layer of a GeoPackage, or both as
            `city.gpkg|grids`.
        encoding: Encoding of a Shapefile's text, where it states none or a wrong one.

    Returns:
        The open layer. Use it in a `with` block: a zip is unpacked until it is closed.

    Raises:
        FileFormatError: The file cannot be read, or goes beyond a limit.
        InputError: There are several layers; the message names them.
        EncodingError: The encoding is open or wrong; the message shows rows in the possible ones.
    """
    path = Path(path)
    notes = Problems()
    _require_readable(path, limits)
    found = format_of(path, notes)
    if found == "geojson":
        return _open_json(path, limits, encoding, notes)
    with removed_on_error(Path(tempfile.mkdtemp(prefix="wangge-"))) as folder:
        if found == "zip":
            opened = _open_zipped(path, folder, limits, (layer, encoding), notes)
        else:
            placed = _placed(path, folder, found)
            opened = open_sandboxed(
                Job(found, DRIVERS[found], placed, path.name, layer), limits, encoding, notes
            )
    opened.path = path
    opened.keep(folder)
    return opened


def _open_zipped(
    path: Path, folder: Path, limits: ReadLimits, asked: tuple[str | None, str | None], notes: Problems
) -> Layer:
    wanted, encoding = asked
    member, mark, inner = wanted.partition(_LAYER_MARK) if wanted else (None, "", "")
    with opened_archive(path, limits) as archive:
        chosen = archive.choose(member or None)
        choices = archive.layers()
        unpacked = archive.unpack(chosen, folder)
    found = format_of(unpacked, notes, chosen)
    if found == "zip":
        raise FileFormatError(f"{chosen} is a zip in a zip; pack the layer itself")
    if found == "geojson":
        opened = _open_json(unpacked, limits, encoding, notes)
        opened.name, opened.layers = chosen, [chosen]
    else:
        job = Job(found, DRIVERS[found], unpacked, chosen, inner if mark else None)
        opened = open_sandboxed(job, limits, encoding, notes)
    if len(choices) > 1:
        opened.layers = choices
    return opened


def _open_json(path: Path, limits: ReadLimits, encoding: str | None, notes: Problems) -> Layer:
    if encoding and codec_named(encoding) != "utf-8":
        raise EncodingError("GeoJSON is UTF-8 by its format; leave the encoding out", field="encoding")
    return open_geojson(path, limits, notes)


def _placed(path: Path, folder: Path, found: str) -> Path:
    """Return a path GDAL cannot read more into: no `.zip` in it, no `!`, no prefix."""
    if found == "gpkg":
        return path
    if found == "shapefile" and path.suffix.lower() == ".shp":
        return link_siblings(path, folder)
    link = folder / ("layer.shp" if found == "shapefile" else "layer.fgb")
    link.symlink_to(path.absolute())
    return link


def _require_readable(path: Path, limits: ReadLimits) -> None:
    if not path.is_file():
        raise InputError(f"there is no file {path}", field="path")
    size = path.stat().st_size
    if size > limits.max_file_bytes:
        raise FileFormatError(
            f"{path.name} has {size >> 20} MB, the limit is {limits.max_file_bytes >> 20} MB; split it"
        )
