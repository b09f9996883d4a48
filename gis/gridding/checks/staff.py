"""Grids nobody answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.checks.places import points_in
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from gis.gridding.checks.layer import Layer


def find_without_worker(layer: Layer, on_duty: AbstractSet[str]) -> list[Finding]:
    """Name every grid whose code is not among those that a worker is on duty for."""
    without = ~np.isin(layer.codes.astype(str), list(on_duty))
    return [
        Finding(FindingKind.NO_WORKER, Severity.WARNING, (code,), place, detail={"subject": layer.subject})
        for code, place in zip(
            layer.codes[without], points_in(layer.metres[without], layer.metric_crs), strict=True
        )
    ]
