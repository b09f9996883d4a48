"""The sentence of each kind of finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from gis.gridding.sentences import shared, single, usual
from gis.nouns import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable

Language: TypeAlias = Literal["zh", "en"]


def describe(finding: Finding, language: Language) -> str:
    """Say in one sentence what is wrong, where it helps with size and width.

    Args:
        finding: Any finding of `gis.gridding.check`.
        language: "zh" or "en".

    >>> from gis.nouns import Severity
    >>> twice = Finding(FindingKind.DUPLICATE_CODE, Severity.ERROR, ("A1",), None, detail={"count": "2"})
    >>> describe(twice, "en"), describe(twice, "zh")
    ('The code A1 is borne by 2 grids.', '编码 A1 被 2 个网格重复使用。')
    """
    return _SENTENCES[finding.kind](finding, 0 if language == "zh" else 1)


_SENTENCES: dict[FindingKind, Callable[[Finding, int], str]] = {
    FindingKind.GAP: usual.gap,
    FindingKind.OVERLAP: usual.overlap,
    FindingKind.OUTSIDE_PARENT: usual.outside_parent,
    FindingKind.INVALID: usual.invalid,
    FindingKind.MULTI_PART: usual.multi_part,
    FindingKind.DUPLICATE_CODE: usual.duplicate_code,
    FindingKind.BAD_CODE: usual.bad_code,
    FindingKind.NESTING: usual.nesting,
    FindingKind.REPEATED_VERTEX: single.repeated_vertex,
    FindingKind.SPIKE: single.spike,
    FindingKind.NARROW_NECK: single.narrow_neck,
    FindingKind.TOO_SMALL: single.too_small,
    FindingKind.TOO_LARGE: single.too_large,
    FindingKind.NOT_COMPACT: single.not_compact,
    FindingKind.STRAY_PART: single.stray_part,
    FindingKind.RETIRED_CODE: single.retired_code,
    FindingKind.CODE_ORDER: single.code_order,
    FindingKind.NO_WORKER: single.no_worker,
    FindingKind.EDGE_MISMATCH: shared.edge_mismatch,
    FindingKind.BUILDING_CUT: shared.building_cut,
    FindingKind.UNIT_GROUP: shared.unit_group,
    FindingKind.INTENDED_HOLE: shared.intended_hole,
}
