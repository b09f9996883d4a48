"""Name the coordinate system a file declares. Whether its coordinates agree is for `gis.gridding` to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gis.errors import CoordinateSystemError
from gis.gridding.crs import parse_system

if TYPE_CHECKING:
    from gis.files.sources import Problems

MAX_TEXT = 65_536


def declared_system(text: str | None, where: str, notes: Problems) -> str | None:
    """Name the system a file states, or say why it has no name.

    Args:
        text: WKT, an EPSG code, a URN or a name; None or blank where the file has none.
        where: The place in the file, for the note ("the .prj file").
        notes: Takes a note where there is no system or none that can be identified.

    Returns:
        The canonical name of `gis.gridding.crs.parse_system`, or None.
    """
    if text is None or not text.strip("\0 \t\r\n"):
        notes.note(f"{where} states no coordinate system; state it yourself")
        return None
    if len(text) > MAX_TEXT:
        notes.note(f"{where} is too long to be a coordinate system; state the system yourself")
        return None
    try:
        return parse_system(text.strip("\0 \t\r\n"))
    except CoordinateSystemError:
        notes.note(
            f"{where} states a coordinate system without an EPSG code ({text[:80]!r}); state it yourself"
        )
        return None


def geojson_system(member: Any, notes: Problems) -> str | None:  # noqa: ANN401 - any JSON value
    """Name the system of the old `crs` member of GeoJSON; RFC 7946 dropped it, files still have it.

    Args:
        member: The value of `crs`; None where there is no such member.
        notes: Takes a note where nothing is declared.

    Returns:
        The canonical name, or None.
    """
    if member is None:
        notes.note("the file has no `crs` member; by RFC 7946 its coordinates should then be WGS 84")
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        notes.note("the `crs` member names no coordinate system; state it yourself")
        return None
    return declared_system(name, "the `crs` member", notes)
