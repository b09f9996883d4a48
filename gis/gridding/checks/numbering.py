"""Codes that repeat or are not built by the scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.checks.places import point_in
from gis.gridding.codes import check_codes
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from gis.gridding.checks.layer import Layer
    from gis.gridding.codes import CodeScheme


def find_duplicate_codes(layer: Layer) -> list[Finding]:
    """Name every code that several rows bear, once; blank codes are bad ones instead."""
    codes, counts = np.unique(layer.codes.astype(str), return_counts=True)
    return [
        Finding(
            FindingKind.DUPLICATE_CODE,
            Severity.ERROR,
            (str(code),),
            None,
            detail={"subject": layer.subject, "count": str(count)},
        )
        for code, count in zip(codes, counts, strict=True)
        if count > 1 and code.strip()
    ]


def find_bad_codes(layer: Layer, scheme: CodeScheme, column: str) -> list[Finding]:
    """Name every code that the scheme does not allow under the parent in `column`."""
    faults = check_codes(layer.codes, layer.rows[column], scheme)
    return [
        Finding(
            FindingKind.BAD_CODE,
            Severity.ERROR,
            (layer.codes[i],),
            point_in(layer.metres[i], layer.metric_crs),
            detail={
                "subject": layer.subject,
                "reason": str(faults[i]),
                "scheme": scheme.name,
                "width": str(scheme.width),
                "parent": layer.rows[column][i],
            },
        )
        for i in range(len(layer))
        if faults[i] is not None
    ]
