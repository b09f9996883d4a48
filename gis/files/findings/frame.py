"""Findings as a frame: what every file of findings tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from gis.gridding.rules.identity import ids_of
from gis.gridding.sentences import describe
from gis.nouns import STORED_CRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.nouns import Finding


def findings_frame(findings: Sequence[Finding]) -> gpd.GeoDataFrame:
    """Return the findings as a frame, in their order, with sentences in both languages.

    Returns:
        Columns id (lasting), kind, severity, grids (a list), area_m2, width_m, zh, en, geometry (EPSG:4490).
    """
    geometry = np.empty(len(findings), dtype=object)
    geometry[:] = [finding.geometry for finding in findings]
    return gpd.GeoDataFrame(
        {
            "id": ids_of(findings),
            "kind": [finding.kind.value for finding in findings],
            "severity": [finding.severity.value for finding in findings],
            "grids": [list(finding.grids) for finding in findings],
            "area_m2": [finding.area_m2 for finding in findings],
            "width_m": [finding.width_m for finding in findings],
            "zh": [describe(finding, "zh") for finding in findings],
            "en": [describe(finding, "en") for finding in findings],
        },
        geometry=geometry,
        crs=STORED_CRS,
    )
