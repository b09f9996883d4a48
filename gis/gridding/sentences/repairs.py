"""Sentences for what a repair did, place by place, and for what it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gis.gridding.measure import width_m
from gis.gridding.repairing.repaired import Deed, Ground, Reason, Trouble
from gis.gridding.sentences.phrases import list_codes, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    import shapely

    from gis.gridding.repairing.repaired import Change, Left
    from gis.gridding.sentences.describe import Language

_AREA_M2 = 1e-6

_DEEDS: dict[Deed, tuple[str, str]] = {
    Deed.FILLED: (
        "空白 {size}并入网格 {after}：{why}。",
        "The gap of {size} goes to the grid {after}: {why}.",
    ),
    Deed.DECIDED: (
        "网格 {before} 的重叠 {size}归网格 {after}：{why}。",
        "The overlap of the grids {before}, {size}, stays with {after}: {why}.",
    ),
    Deed.TRIMMED: ("网格 {before} 裁去 {size}：{why}。", "The grid {before} loses {size}: {why}."),
    Deed.MATCHED: ("网格 {after} 的公共边补上一个顶点：{why}。", "The edge of {after} gets a corner: {why}."),
    Deed.WELDED: ("网格 {after} 的顶点合并为一：{why}。", "Vertices of {after} become one: {why}."),
    Deed.GIVEN: (
        "网格 {before} 的零碎部分 {size}并入网格 {after}：{why}。",
        "A stray part of the grid {before}, {size}, goes to {after}: {why}.",
    ),
    Deed.MADE_VALID: ("网格 {after} 的图形已修正：{why}。", "The outline of {after} was made valid: {why}."),
}
_GROUNDS: dict[Ground, tuple[str, str]] = {
    Ground.LONGEST_EDGE: ("与其公共边最长", "it has the longest edge along it"),
    Ground.COMPACT: ("并入后形状最紧凑", "its shape stays most compact with it"),
    Ground.PRIORITY: ("该网格设立较早", "it is the older one"),
    Ground.LARGEST: ("该网格面积最大", "it is the largest"),
    Ground.MIDDLE: ("取中平分，此部分与其公共边最长", "halving, this part has its longest edge with it"),
    Ground.LOCKED: ("该网格须保持原样", "it must stay as it is"),
    Ground.OUTSIDE_PARENT: ("在社区界线之外", "that lies outside its community"),
    Ground.CORNER_OF_NEIGHBOUR: ("相邻界线在此有顶点", "the outline beside it has one there"),
    Ground.WITHIN_SNAP: ("相距小于捕捉距离", "they are nearer than the snapping distance"),
    Ground.STRAY_PART: ("与其公共边最长", "it has the longest edge along it"),
    Ground.KEEPS_WHOLE: ("否则该网格会断开", "it would fall apart without it"),
    Ground.INVALID: ("边界自相交或自相接", "it crossed or touched itself"),
}
_TROUBLES: dict[Trouble, tuple[str, str]] = {
    Trouble.GAP: (
        "空白 {size}（相邻网格：{grids}）未处理：{why}。",
        "A gap of {size} beside {grids} is left: {why}.",
    ),
    Trouble.OVERLAP: (
        "网格 {grids} 重叠 {size}未处理：{why}。",
        "An overlap of {grids}, {size}, is left: {why}.",
    ),
    Trouble.OUTSIDE: (
        "网格 {grids} 在社区之外的部分 {size}未处理：{why}。",
        "A part of {grids} outside its community, {size}, is left: {why}.",
    ),
    Trouble.MISMATCH: (
        "网格 {grids} 的边界缺少相邻界线的顶点，未处理：{why}。",
        "The edge of {grids} lacks a corner of the outline beside it, and is left: {why}.",
    ),
    Trouble.STRAY: (
        "网格 {grids} 的零碎部分 {size}未处理：{why}。",
        "A stray part of {grids}, {size}, is left: {why}.",
    ),
    Trouble.INVALID: (
        "网格 {grids} 的图形无效，未处理：{why}。",
        "The outline of {grids} is invalid and left: {why}.",
    ),
}
_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.TOO_WIDE: ("最宽处超过允许宽度", "where it is widest, it is wider than allowed"),
    Reason.INTENDED: ("已确认为有意留空", "it is meant to be there"),
    Reason.NOT_ASKED: ("未要求处理此类问题", "repairing such places was not asked for"),
    Reason.DUPLICATE: (
        "两个网格几乎完全重合，须人工取舍",
        "the grids cover the same land; one has to be chosen",
    ),
    Reason.CONTAINED: (
        "一个网格完全在另一个之内，须人工判断",
        "one grid lies inside the other; somebody has to decide",
    ),
    Reason.NO_OWNER: ("没有可以归入的网格", "there is no grid it could go to"),
    Reason.LOCKED: ("相关网格须保持原样", "the grid it is about must stay as it is"),
    Reason.WOULD_EMPTY: ("否则有网格将不复存在", "a grid would be left with nothing"),
    Reason.WOULD_DIVIDE: ("否则有网格会断开", "a grid would fall apart"),
    Reason.BARRIER: ("有道路、河流等界线穿过或阻隔", "a barrier such as a road or river lies between"),
    Reason.BUILDING: ("归入任一网格都会切开建筑", "whoever got it, a building would be cut"),
    Reason.COMMUNITY: ("另一社区没有可以归入的网格", "no grid of the community it lies in could take it"),
    Reason.UNSURE: ("不能可靠判断", "it cannot be told for certain what belongs to whom"),
    Reason.NOT_USABLE: ("没有可用的图形，须重画", "nothing usable could be made of it; draw it anew"),
}


def describe_change(change: Change, codes: Sequence[str], language: Language) -> str:
    """Say in one sentence what was done at a place, and why.

    Args:
        change: Its place in stored coordinates.
        codes: Of all grids, by position.
        language: "zh" or "en".

    >>> import shapely
    >>> from gis.gridding.repairing.repaired import Change
    >>> lens = shapely.box(118.8, 31.9, 118.8001, 31.90001)
    >>> filled = Change(Deed.FILLED, Ground.LONGEST_EDGE, lens, (), (1,), 10.5)
    >>> describe_change(filled, ["A1", "A2"], "en")
    'The gap of 10.5 m² (99 cm wide on average) goes to the grid A2: it has the longest edge along it.'
    """
    tongue = _tongue(language)
    return _DEEDS[change.deed][tongue].format(
        size=_size(change.place, change.area_m2, tongue),
        before=_grids(change.before, codes, tongue),
        after=_grids(change.after, codes, tongue),
        why=_GROUNDS[change.ground][tongue],
    )


def describe_left(left: Left, codes: Sequence[str], language: Language) -> str:
    """Say in one sentence what was left at a place, and why; arguments as `describe_change`."""
    tongue = _tongue(language)
    return _TROUBLES[left.trouble][tongue].format(
        size=_size(left.place, left.area_m2, tongue),
        grids=_grids(left.polygons, codes, tongue),
        why=_REASONS[left.reason][tongue],
    )


def _tongue(language: Language) -> Literal[0, 1]:
    return 0 if language == "zh" else 1


def _grids(polygons: Sequence[int], codes: Sequence[str], tongue: int) -> str:
    return list_codes([codes[number] for number in polygons], tongue) or ("无", "no grid")[tongue]


def _size(place: shapely.Geometry, area: float, tongue: int) -> str:
    if area < _AREA_M2:
        return ("（面积极小）", "next to nothing")[tongue]
    return size(area, float(width_m(np.array([place], dtype=object))[0]), tongue)
