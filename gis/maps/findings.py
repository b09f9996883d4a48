"""What a check found wrong, where, and how bad."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gis.errors import InputError
from gis.maps.encode import UNIT, area_columns, box_of, for_display, grid_columns, origin_of, shape_columns
from gis.maps.page import MapPage, place_numbers
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    import geopandas

    from gis.maps.encode import Numbers, Origin
    from gis.maps.frame import MapFrame
    from gis.nouns import Finding

Sentences: TypeAlias = Mapping[str, Sequence[str]]
"""By language (`zh`, `en`), one sentence for each finding."""

MAX_FINDINGS = 20_000

_KINDS = list(FindingKind)
_SEVERITIES = list(Severity)


def draw_findings(
    findings: Sequence[Finding],
    grids: geopandas.GeoDataFrame,
    areas: geopandas.GeoDataFrame,
    *,
    frame: MapFrame,
    sentences: Sentences | None = None,
) -> MapPage:
    """Draw the findings of a check over the grids, with a list whose items zoom to the place.

    Args:
        findings: The findings; one without geometry is in the list only. Errors are listed first.
        grids: As for `draw_grids`.
        areas: As for `draw_grids`.
        frame: Title, language, limits.
        sentences: A sentence for each finding in one or both languages; without it kind, grids and
            measures are shown.

    Raises:
        InputError: If there are too many grids or findings, or not one sentence for each finding.
    """
    if len(findings) > MAX_FINDINGS:
        raise InputError(
            f"{len(findings)} findings are too many for one page (at most {MAX_FINDINGS}): raise the "
            "tolerances or check one street.",
            field="findings",
        )
    _require_a_sentence_each(sentences, len(findings))
    order = sorted(
        range(len(findings)),
        key=lambda index: (_SEVERITIES.index(findings[index].severity), -findings[index].area_m2),
    )
    ordered = [findings[index] for index in order]
    grids, areas = for_display(grids, areas, frame=frame)
    origin = origin_of(grids, areas)
    grid_numbers, grid_texts = grid_columns(grids, areas, origin=origin)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    numbers: Numbers = {
        **place_numbers(origin, box_of(grids, areas)),
        "grids": grid_numbers,
        "areas": area_numbers,
        "findings": finding_columns(ordered, origin),
    }
    texts: dict[str, object] = {
        "grids": grid_texts,
        "areas": area_texts,
        "findings": {
            "grids": [list(finding.grids) for finding in ordered],
            "sentences": {
                language: [lines[index] for index in order] for language, lines in (sentences or {}).items()
            },
        },
    }
    return MapPage(kind="findings", numbers=numbers, texts=texts, frame=frame)


def finding_columns(findings: Sequence[Finding], origin: Origin) -> Numbers:
    """Return findings as numbers: area in whole square decimetres, width in whole millimetres."""
    geometry = np.empty(len(findings), dtype=object)
    geometry[:] = [finding.geometry for finding in findings]
    steps = (shapely.bounds(geometry) - [*origin, *origin]) * UNIT
    boxes = [row if np.isfinite(row).all() else None for row in steps]
    return {
        "shapes": shape_columns(geometry, origin),
        "box": [None if box is None else np.rint(box).astype(int).tolist() for box in boxes],
        "kind": [_KINDS.index(finding.kind) for finding in findings],
        "severity": [_SEVERITIES.index(finding.severity) for finding in findings],
        "area_dm2": [round(finding.area_m2 * 100) for finding in findings],
        "width_mm": [round(finding.width_m * 1000) for finding in findings],
    }


def _require_a_sentence_each(sentences: Sentences | None, count: int) -> None:
    for language, lines in (sentences or {}).items():
        if len(lines) != count:
            raise InputError(
                f"{len(lines)} sentences in {language} for {count} findings: give one for each.",
                field="sentences",
            )
