"""The files around a `.shp`: which are there, what system and what encoding they state."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gis.errors import FileFormatError
from gis.files.encodings import LANGUAGE_BYTES
from gis.files.sandbox.archive import SIBLINGS

if TYPE_CHECKING:
    from pathlib import Path

    from gis.files.sources import ReadLimits

_LONGEST_TEXT = 65_537
_LANGUAGE_AT = 29
_DBF_HEAD = struct.Struct("<4xIHH")
_DBF_HEAD_SIZE = 32
_DBF_FIELD_SIZE = 32
_FIELD_NAME_SIZE = 11
_FIELD_WIDTH_AT = 16
_FIELDS_END = 0x0D


def link_siblings(shp: Path, folder: Path) -> Path:
    """Link a bare `.shp` and its siblings into a folder as `layer.*`, so that letter case does not matter."""
    for sibling in sorted(shp.parent.iterdir()):
        if sibling.stem.lower() == shp.stem.lower() and sibling.suffix.lower() in SIBLINGS:
            target = folder / f"layer{sibling.suffix.lower()}"
            if not target.exists():
                target.symlink_to(sibling.absolute())
    return folder / "layer.shp"


def require_whole(shp: Path, name: str, limits: ReadLimits) -> None:
    """Refuse a Shapefile without its index or attributes, or with more rows than the limit."""
    missing = [ending for ending in (".shx", ".dbf") if not shp.with_suffix(ending).exists()]
    if missing:
        raise FileFormatError(
            f"{name} lacks {' and '.join(missing)}; a Shapefile is .shp, .shx and .dbf, best in one zip"
        )
    with shp.with_suffix(".dbf").open("rb") as stream:
        head = stream.read(_DBF_HEAD_SIZE)
    if len(head) < _DBF_HEAD_SIZE:
        raise FileFormatError(f"the .dbf of {name} is cut short; get it again")
    count, _, _ = _DBF_HEAD.unpack_from(head)
    if count > limits.max_features:
        raise FileFormatError(f"{name} claims {count} rows, the limit is {limits.max_features}; split it")


def stated_system(shp: Path) -> str | None:
    """Return the text of the `.prj`, None without one."""
    prj = shp.with_suffix(".prj")
    if not prj.exists():
        return None
    with prj.open("rb") as stream:
        return stream.read(_LONGEST_TEXT).decode("utf-8", "replace").removeprefix("\ufeff")


def stated_encodings(shp: Path) -> list[tuple[str, str]]:
    """Return the encodings the files state, each with where: the `.cpg`, then the language byte."""
    clues = []
    cpg = shp.with_suffix(".cpg")
    if cpg.exists():
        with cpg.open("rb") as stream:
            name = stream.read(64).decode("ascii", "replace").strip("\ufeff\0 \t\r\n")
        if name:
            clues.append((name, "the .cpg file"))
    with shp.with_suffix(".dbf").open("rb") as stream:
        stream.seek(_LANGUAGE_AT)
        language = stream.read(1)
    if language and language[0] in LANGUAGE_BYTES:
        clues.append((LANGUAGE_BYTES[language[0]], f"the language byte 0x{language[0]:02x} of the .dbf"))
    return clues


def field_widths(shp: Path) -> dict[bytes, int]:
    """Return how many bytes each field of the `.dbf` holds, by the field's name as it is in the file.

    A text that fills its field may have been cut inside a character; another one may not.
    """
    with shp.with_suffix(".dbf").open("rb") as stream:
        head = stream.read(_DBF_HEAD_SIZE)
        _, head_size, _ = _DBF_HEAD.unpack_from(head)
        fields = stream.read(max(0, head_size - _DBF_HEAD_SIZE))
    widths = {}
    for at in range(0, len(fields) - _DBF_FIELD_SIZE + 1, _DBF_FIELD_SIZE):
        if fields[at] == _FIELDS_END:
            break
        name = fields[at : at + _FIELD_NAME_SIZE].split(b"\0")[0].strip()
        widths[name] = fields[at + _FIELD_WIDTH_AT]
    return widths
