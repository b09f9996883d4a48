"""Tell a file's format by its content; the ending of its name is only compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from gis.files.sources import Problems

READABLE = (
    "GeoJSON, newline-delimited GeoJSON, GeoPackage, Shapefile (all its files in one zip) or FlatGeobuf"
)

ENDINGS = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".geojsonl": "geojson",
    ".geojsons": "geojson",
    ".ndjson": "geojson",
    ".jsonl": "geojson",
    ".gpkg": "gpkg",
    ".shp": "shapefile",
    ".fgb": "flatgeobuf",
    ".zip": "zip",
}

_SQLITE = b"SQLite format 3\0"
_MARKS = {
    _SQLITE: "gpkg",
    b"fgb\x03fgb": "flatgeobuf",
    b"\x00\x00\x27\x0a": "shapefile",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_JSON_STARTS = (b"{", b"\x1e")
_REFUSED = {
    b"<": "an XML file (KML, GML, VRT ...)",
    b"\x1f\x8b": "a gz file; unpack it first",
    b"Rar!": "a RAR archive; pack it as zip",
    b"7z\xbc\xaf": "a 7z archive; pack it as zip",
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
    b"[": "a JSON list, not GeoJSON",
}
_LOOKED_AT = 4_096
_BOM = b"\xef\xbb\xbf"


def format_of(path: Path, notes: Problems, name: str | None = None) -> str:
    """Return geojson, gpkg, shapefile, flatgeobuf or zip by the first bytes of a file.

    Args:
        path: The file.
        notes: Takes a note where the ending of its name says something else.
        name: The file's name, if `path` is a copy.

    Raises:
        FileFormatError: It is none of these; the message names what it looks like.
    """
    with path.open("rb") as stream:
        start = stream.read(_LOOKED_AT)
    name = name or path.name
    found = next((kind for mark, kind in _MARKS.items() if start.startswith(mark)), None)
    text = start.removeprefix(_BOM).lstrip(b" \t\r\n")
    if found is None and text.startswith(_JSON_STARTS):
        found = "geojson"
    if found is None:
        what = next(
            (what for mark, what in _REFUSED.items() if text.startswith(mark)), "no format known here"
        )
        said = f"{name} is empty" if not start else f"{name} is {what}"
        raise FileFormatError(f"{said}; give {READABLE}")
    _compare(name, found, notes)
    return found


def _compare(name: str, found: str, notes: Problems) -> None:
    ending = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if found == "shapefile" and ending == ".shx":
        raise FileFormatError(
            f"{name} is the index of a Shapefile; give the .shp beside it, or all of it as zip"
        )
    if ENDINGS.get(ending, found) != found:
        notes.note(f"{name} is called {ending} but its content is {found}; it is read as {found}")
