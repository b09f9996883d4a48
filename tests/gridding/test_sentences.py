from __future__ import annotations

import pytest
import shapely
import shapes

from gis.gridding.check import Tolerance, check_grids
from gis.gridding.codes import SCHEMES, CodeFault
from gis.gridding.sentences import describe
from gis.nouns import Finding, FindingKind, Severity

C = shapes.COMMUNITY


def finding(kind: FindingKind, *grids: str, area: float = 0, width: float = 0, **detail: str) -> Finding:
    return Finding(kind, Severity.ERROR, grids, None, area, width, detail)


@pytest.mark.parametrize(
    ("case", "chinese", "english"),
    [
        (
            finding(FindingKind.GAP, "A", "B", area=200.04, width=1.96, place="enclosed"),
            "空白 200.0 m²（平均宽 2.0 m），四周封闭，相邻网格：A、B。",
            "Gap of 200.0 m² (2.0 m wide on average), enclosed on all sides, beside A, B.",
        ),
        (
            finding(
                FindingKind.GAP, "A", area=123_456, width=0.02, place="edge", parents=C, level="community"
            ),
            f"社区 {C} 内空白 12.3 ha（平均宽 2 cm），位于上级边界处，相邻网格：A。",
            f"Gap of 12.3 ha (2 cm wide on average) in community {C}, at the parent's outline, beside A.",
        ),
        (
            finding(FindingKind.GAP, area=20_000, width=50, place="parent", parents=C, level="community"),
            f"社区 {C} 没有网格，空白 2.0 ha（平均宽 50.0 m）。",
            f"No grid names the community {C}; 2.0 ha (50.0 m wide on average) are blank.",
        ),
        (
            finding(FindingKind.OVERLAP, "A", "B", area=0.034, width=0.2, relation="partial"),
            "网格 A、B 部分重叠，面积 0.034 m²（平均宽 20 cm）。",
            "The grids A, B overlap: 0.034 m² (20 cm wide on average).",
        ),
        (
            finding(FindingKind.OUTSIDE_PARENT, "A", area=300, width=3, parent=C, level="community"),
            f"网格 A 有 300.0 m²（平均宽 3.0 m）超出社区 {C} 的边界。",
            f"300.0 m² (3.0 m wide on average) of grid A lie outside its community {C}.",
        ),
        (
            finding(FindingKind.INVALID, "A", reason="Self-intersection", place="118.1, 31.9", used="yes"),
            "网格 A 的图形无效：边界自相交（118.1, 31.9）。",
            "The polygon of grid A is invalid: its boundary crosses itself at 118.1, 31.9.",
        ),
        (
            finding(FindingKind.INVALID, "", reason="Missing", used="no"),
            "网格 （无编码） 的图形无效：没有图形；未参与重叠和空白检查。",
            (
                "The polygon of grid (no code) is invalid: it has no geometry; "
                "it was left out of the check for gaps and overlaps."
            ),
        ),
        (
            finding(FindingKind.MULTI_PART, "A", parts="3"),
            "网格 A 由互不相连的 3 部分组成。",
            "The grid A lies in 3 separate parts.",
        ),
        (
            finding(
                FindingKind.NESTING,
                "S1",
                subject="street",
                reason="unknown_parent",
                parent="D",
                level="district",
            ),
            "街道 S1 所属的区县 D 不存在。",
            "The street S1 names the district D, which does not exist.",
        ),
        (
            finding(
                FindingKind.NESTING,
                "A",
                reason="lies_elsewhere",
                parent="C1",
                lies_in="C2",
                level="community",
            ),
            "网格 A 填写的社区是 C1，但大部分位于 C2。",
            "The grid A names the community C1 but lies mostly in C2.",
        ),
    ],
)
def test_sentences(case: Finding, chinese: str, english: str) -> None:
    assert describe(case, "zh") == chinese
    assert describe(case, "en") == english


def test_long_lists_are_cut() -> None:
    many = finding(FindingKind.GAP, *"ABCDEFGH", area=10, width=1, place="enclosed")
    assert describe(many, "zh").endswith("相邻网格：A、B、C、D、E、F等 8 个。")
    assert describe(many, "en").endswith("beside A, B, C, D, E, F and 2 more.")


def test_every_code_fault_has_its_words() -> None:
    for fault in CodeFault:
        case = finding(FindingKind.BAD_CODE, "A", reason=fault.value, width="15", parent=C)
        assert describe(case, "zh").startswith("网格编码 A 不合规则：")
        assert "{" not in describe(case, "en")


def test_every_finding_of_a_wild_mixture_has_a_sentence() -> None:
    cells = {
        **shapes.with_gap(),
        **shapes.with_overlap(),
        "1": shapes.bow_tie(),
        "": None,
        shapes.code("005"): shapely.MultiPolygon([shapes.square(500, 0), shapes.square(700, 0)]),
    }
    grids = shapes.grids_frame(cells)
    grids.loc[0, "community_code"] = "nowhere"
    found = check_grids(
        grids,
        shapes.areas_frame({C: shapes.block(), shapes.OTHER_COMMUNITY: shapes.square(300, 0)}),
        tolerance=Tolerance(),
        metric_crs=shapes.METRIC_CRS,
        scheme=SCHEMES["community-3"],
    )
    assert len({case.kind for case in found}) >= 6
    for case in found:
        assert describe(case, "zh").endswith("。")
        assert describe(case, "en").endswith(".")
        assert describe(case, "zh").isprintable()
