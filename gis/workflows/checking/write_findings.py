"""Write what a check found into a file that QGIS, a browser or a tool for reviews opens."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from gis import __version__
from gis.errors import InputError
from gis.files.atomic import replaced
from gis.files.findings.frame import findings_frame
from gis.files.findings.package import write_findings_package
from gis.files.findings.sarif import findings_sarif
from gis.files.geojson import write_layer
from gis.maps.page import words
from gis.nouns import FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gis.nouns import Check, Finding
    from gis.workflows.check_grids import CheckedGrids


class FindingsForm(StrEnum):
    """The forms findings are written in."""

    GPKG = "gpkg"
    GEOJSON = "geojson"
    SARIF = "sarif"


_ENDINGS = {
    ".gpkg": FindingsForm.GPKG,
    ".geojson": FindingsForm.GEOJSON,
    ".sarif": FindingsForm.SARIF,
    ".sarif.json": FindingsForm.SARIF,
    ".json": FindingsForm.GEOJSON,
}


def form_of(path: Path) -> FindingsForm:
    """Return the form that a file's name asks for by its ending.

    Raises:
        InputError: It has none of the endings there are.

    >>> form_of(Path("findings.sarif.json"))
    <FindingsForm.SARIF: 'sarif'>
    """
    for ending, form in _ENDINGS.items():
        if path.name.lower().endswith(ending):
            return form
    raise InputError(
        f"{path.name} has none of the endings findings are written under: {', '.join(_ENDINGS)}.", field="out"
    )


def write_findings(checked: CheckedGrids, path: Path, reasons: Mapping[str, str]) -> None:
    """Write a check's findings in the form the file's ending asks for.

    Args:
        checked: The check.
        path: The file; there may be one already.
        reasons: Why holes are meant, by lasting id.

    Raises:
        InputError: The ending is unknown, or there is no such folder.
    """
    form = form_of(path)
    if form is FindingsForm.GEOJSON:
        write_layer(findings_frame(checked.findings), path)
    elif form is FindingsForm.GPKG:
        write_findings_package(checked.findings, (checked.grids, checked.areas), path)
    else:
        with replaced(path) as draft:
            draft.write_bytes(sarif_of(checked.check, checked.findings, reasons))


def package_of(checked: CheckedGrids) -> bytes:
    """Return a check as the bytes of a GeoPackage; of a plan that has changed since, the findings alone."""
    subjects = (checked.grids, checked.areas) if checked.is_current else ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "findings.gpkg"
        write_findings_package(checked.findings, subjects, path)
        return path.read_bytes()


def sarif_of(check: Check, findings: Sequence[Finding], reasons: Mapping[str, str]) -> bytes:
    """Return a check as SARIF, with the reasons why holes are meant, by lasting id."""
    zh, en = words()["zh"], words()["en"]
    names = {kind: (zh[f"finding_{kind}"], en[f"finding_{kind}"]) for kind in FindingKind}
    return findings_sarif(check, findings, names, __version__, reasons)
