"""Codes that repeat, are not built by the scheme, were retired, or are out of order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.checks.places import point_in, points_in
from gis.gridding.codes import check_codes, number_order
from gis.gridding.crs import geometries_to_stored
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from gis.gridding.checks.layer import Layer
    from gis.gridding.codes import CodeScheme

_FLATTER = 0.8


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


def find_retired_codes(layer: Layer, retired: AbstractSet[str]) -> list[Finding]:
    """Name every code that was retired: none is given a second time."""
    again = np.isin(layer.codes.astype(str), list(retired))
    places = points_in(layer.metres[again], layer.metric_crs)
    return [
        Finding(FindingKind.RETIRED_CODE, Severity.ERROR, (code,), place, detail={"subject": layer.subject})
        for code, place in zip(layer.codes[again], places, strict=True)
    ]


def find_code_order(layer: Layer) -> list[Finding]:
    """Find communities whose codes do not run from north to south, and in a row from west to east.

    1. One finding for each names the fewest polygons without which the others are in order.
    2. Rows of equal height lie just one height apart, so that by a hair two may be read as one. They are
       therefore read with less height as well, and the reading that the codes fit better counts.
    """
    community = layer.rows["community_code"].to_numpy(dtype=object)
    placed = ~shapely.is_missing(layer.metres) & (layer.codes.astype(str) != "")
    findings = []
    for one in sorted(set(community[placed])):
        members = np.flatnonzero(placed & (community == one))
        boxes = shapely.bounds(layer.stored[members])
        middle, reach = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * _FLATTER
        flatter = np.asarray(shapely.box(*(middle - reach).T, *(middle + reach).T), dtype=object)
        readings = [members[number_order(shown)] for shown in (layer.stored[members], flatter)]
        wrong = min((_out_of_order(read, layer.codes) for read in readings), key=len)
        if len(wrong):
            spots = np.array(
                [shapely.MultiPoint(shapely.point_on_surface(layer.metres[wrong]).tolist())], object
            )
            findings.append(
                Finding(
                    FindingKind.CODE_ORDER,
                    Severity.INFO,
                    tuple(str(code) for code in layer.codes[wrong]),
                    geometries_to_stored(spots, layer.metric_crs)[0],
                    detail={"subject": layer.subject, "parent": one, "count": str(len(members))},
                )
            )
    return findings


def _out_of_order(read: NDArray[np.intp], codes: NDArray[np.object_]) -> NDArray[np.intp]:
    numbers = [(len(code), code) for code in codes[read]]
    return np.sort(np.delete(read, _longest_rise(numbers)))


def _longest_rise(numbers: Sequence[tuple[int, str]]) -> list[int]:
    """Return the positions of a longest part that never falls (patience sorting)."""
    tails: list[tuple[int, str]] = []
    at: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        pile = bisect_right(tails, number)
        before.append(at[pile - 1] if pile else -1)
        tails[pile : pile + 1], at[pile : pile + 1] = [number], [position]
    rise = []
    position = at[-1] if at else -1
    while position >= 0:
        rise.append(position)
        position = before[position]
    return rise[::-1]
