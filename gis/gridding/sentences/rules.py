"""What each rule is about, in a sentence or two, for those who meet its findings in another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.nouns import FindingKind

if TYPE_CHECKING:
    from gis.gridding.sentences.describe import Language


def explain(kind: FindingKind, language: Language) -> str:
    """Say what a rule finds.

    Args:
        kind: The kind of its findings.
        language: "zh" or "en"; the English is that of `docs/rules.md`.
    """
    return _EXPLAINED[kind][0 if language == "zh" else 1]


_EXPLAINED: dict[FindingKind, tuple[str, str]] = {
    FindingKind.GAP: (
        "上级区域内没有任何网格覆盖的土地：四周封闭、位于上级边界处，或整个社区没有网格。",
        (
            "Land of the parent that no grid covers: enclosed on all sides, at the parent's outline, "
            "or a whole community that no grid names (a warning)."
        ),
    ),
    FindingKind.OVERLAP: (
        "同时属于两个网格的土地，每对网格报告一次。",
        "Land of two grids at once, each pair once.",
    ),
    FindingKind.OUTSIDE_PARENT: (
        "网格超出其所属社区的部分。专属网格和专项网格只须位于本区县内。",
        (
            "A part of a grid outside the community it names. Dedicated and special grids only need to lie "
            "in the district."
        ),
    ),
    FindingKind.INVALID: (
        "图形不可用：边界自相交或自相接、内环在外、坐标不是数字，或没有图形。",
        (
            "No usable polygon: the outline crosses or touches itself, a hole lies outside, a coordinate is "
            "no number, or there is nothing at all."
        ),
    ),
    FindingKind.MULTI_PART: (
        "网格由多个部分组成，而应为一个整体。",
        "A grid in several parts, where one is expected.",
    ),
    FindingKind.DUPLICATE_CODE: (
        "同一编码被多个网格或多个区域使用。",
        "A code that several grids, or several areas, bear.",
    ),
    FindingKind.BAD_CODE: (
        "编码缺失、位数不符、含有非数字字符、顺序号超出范围，或不以所属社区的编码开头。",
        (
            "A code that is missing, has the wrong length, other signs than digits, a number out of range, "
            "or does not begin with the code of its community."
        ),
    ),
    FindingKind.NESTING: (
        "网格或区域没有上级、上级不存在，或大部分位于另一个上级之内；专属网格跨越两个社区。",
        (
            "A grid or area that names no parent or an unknown one, or lies mostly in another than it names; "
            "a dedicated grid over two communities."
        ),
    ),
    FindingKind.REPEATED_VERTEX: (
        "与前一顶点重复，或相距不超过 max_apart_m 的顶点。",
        "Vertices that repeat the one before, or lie no further from it than `max_apart_m`.",
    ),
    FindingKind.SPIKE: (
        "边界在一处折返，夹角不超过 max_angle_deg，两边均不短于 min_length_m：向外的尖刺或向内的裂缝。",
        (
            "A corner at which the outline turns back on itself, with an angle up to `max_angle_deg` and "
            "both edges at least `min_length_m` long: a spike outwards, or a crack inwards."
        ),
    ),
    FindingKind.NARROW_NECK: (
        "直径为 max_width_m 的圆无法从网格的一部分通到另一部分之处。",
        "A place through which a disk of `max_width_m` cannot pass from one lobe of the grid to another.",
    ),
    FindingKind.TOO_SMALL: (
        "面积小于 min_area_m2，或户数少于 min_households。",
        "Less area than `min_area_m2`, or fewer households than `min_households`.",
    ),
    FindingKind.TOO_LARGE: (
        "面积大于 max_area_m2，或户数多于 max_households。",
        "More area than `max_area_m2`, or more households than `max_households`.",
    ),
    FindingKind.NOT_COMPACT: (
        "紧凑度（Polsby-Popper，4π × 面积 / 周长²）低于 min_compactness。",
        "Compactness by Polsby and Popper, 4π × area / perimeter², below `min_compactness`.",
    ),
    FindingKind.STRAY_PART: (
        "网格中小于其最大部分 max_share 倍的部分。",
        "Parts of a grid that are smaller than `max_share` of its largest one.",
    ),
    FindingKind.RETIRED_CODE: (
        "已停用的编码被再次使用。",
        "A code that was retired and is given again.",
    ),
    FindingKind.CODE_ORDER: (
        "社区内的网格编码没有按自北向南、每行自西向东的顺序排列。",
        "Codes of a community that do not run from north to south and, in a row, from west to east.",
    ),
    FindingKind.NO_WORKER: (
        "没有网格员在岗的网格。",
        "A grid that no worker is on duty for.",
    ),
    FindingKind.EDGE_MISMATCH: (
        "相邻网格的边界一致但顶点不一致：只有一侧有的顶点，或相差不超过 max_apart_m 的公共顶点。",
        (
            "Edges of neighbours that agree but for their corners: a corner that only one side has (a "
            "T-junction), or common corners that differ, by `max_apart_m` at the most."
        ),
    ),
    FindingKind.BUILDING_CUT: (
        "被网格边界切割的建筑，两侧深度均超过 min_depth_m。",
        "A building that the boundary of a grid cuts deeper than `min_depth_m` on both sides.",
    ),
    FindingKind.UNIT_GROUP: (
        "网格不是由本社区内 1 至 max_units 个相邻的单元网格组成。",
        "A grid that is not made up of 1 to `max_units` adjacent unit grids of its own community.",
    ),
    FindingKind.INTENDED_HOLE: (
        "已确认为有意保留的空白，如湖泊、飞地。",
        "A gap that was marked as meant: a lake, an enclave.",
    ),
}
