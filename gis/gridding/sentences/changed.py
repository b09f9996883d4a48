"""The sentence of each kind of change between two states of the grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.gridding.changes.change import ChangeKind
from gis.gridding.sentences.phrases import area_text, list_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gis.gridding.changes.change import Change, GridState, Move
    from gis.gridding.sentences.describe import Language

_MOST_MOVES = 6


def describe_change(change: Change, language: Language) -> str:
    """Say in one sentence what became of some grids, with their areas.

    Args:
        change: Any change of `gis.gridding.changes.compare`.
        language: "zh" or "en".

    >>> from gis.gridding.changes.change import GridState
    >>> old, new = GridState(0, 7, "A1", "", 100.0), GridState(0, 7, "A9", "", 100.0)
    >>> renamed = Change(ChangeKind.RENAMED, (old,), (new,), ())
    >>> describe_change(renamed, "en"), describe_change(renamed, "zh")
    ('The grid A1 has become A9.', '网格 A1 改为 A9。')
    """
    return _SENTENCES[change.kind](change, 0 if language == "zh" else 1)


def _split(change: Change, tongue: int) -> str:
    old, new = _sized(change.old, tongue), _sized(change.new, tongue)
    return (f"网格 {old}拆分为 {new}", f"The grid {old} was split into {new}")[tongue] + _besides(
        change, tongue
    )


def _merged(change: Change, tongue: int) -> str:
    old, new = _sized(change.old, tongue), _sized(change.new, tongue)
    return (f"网格 {old}合并为 {new}", f"The grids {old} were merged into {new}")[tongue] + _besides(
        change, tongue
    )


def _regrouped(change: Change, tongue: int) -> str:
    old, new = _sized(change.old, tongue), _sized(change.new, tongue)
    return (f"网格 {old}重组为 {new}", f"The grids {old} were regrouped into {new}")[tongue] + _besides(
        change, tongue
    )


def _new(change: Change, tongue: int) -> str:
    new = _sized(change.new, tongue)
    return (f"新增网格 {new}", f"The grid {new} is new")[tongue] + _besides(change, tongue)


def _gone(change: Change, tongue: int) -> str:
    old = _sized(change.old, tongue)
    return (f"网格 {old}撤销", f"The grid {old} is gone")[tongue] + _besides(change, tongue)


def _moved_edge(change: Change, tongue: int) -> str:
    codes = list_codes(sorted({grid.code for grid in (*change.old, *change.new)}), tongue)
    moves = _listed(change.moves, tongue)
    return (f"网格 {codes} 的边界移动：{moves}。", f"The edge between the grids {codes} moved: {moves}.")[
        tongue
    ]


def _reshaped(change: Change, tongue: int) -> str:
    code, moves = change.new[0].code, _listed(change.moves, tongue)
    sizes = f"{area_text(change.before_m2)} → {area_text(change.after_m2)}"
    return (
        f"网格 {code} 的外边界改变（{sizes}）：{moves}。",
        f"The outline of the grid {code} changed ({sizes}): {moves}.",
    )[tongue]


def _renamed(change: Change, tongue: int) -> str:
    old, new = change.old[0], change.new[0]
    if old.name == new.name:
        before, after = old.code, new.code
    elif old.code == new.code:
        before, after = f"{old.code} {_name(old, tongue)}", _name(new, tongue)
    else:
        before, after = f"{old.code} {_name(old, tongue)}", f"{new.code} {_name(new, tongue)}"
    return (f"网格 {before} 改为 {after}。", f"The grid {before} has become {after}.")[tongue]


def _unchanged(change: Change, tongue: int) -> str:
    code = list_codes([grid.code for grid in change.old], tongue)
    return (f"网格 {code} 未变。", f"The grid {code} is unchanged.")[tongue]


def _name(grid: GridState, tongue: int) -> str:
    return (f"“{grid.name}”", f'"{grid.name}"')[tongue] if grid.name else ("（无名称）", "(no name)")[tongue]


def _sized(grids: Iterable[GridState], tongue: int) -> str:
    """List grids with their areas."""
    shapes = ("{}（{}）", "{} ({})")[tongue]
    return list_codes([shapes.format(grid.code, area_text(grid.area_m2)) for grid in grids], tongue)


def _besides(change: Change, tongue: int) -> str:
    """End a sentence with the ground that passed from or to grids it does not name."""
    old, new = ({grid.position for grid in side} for side in (change.old, change.new))
    others = [
        move
        for move in change.moves
        if (move.source and move.source.position not in old)
        or (move.target and move.target.position not in new)
        or ((not move.source or not move.target) and old and new)
    ]
    if not others:
        return ("。", ".")[tongue]
    return (f"；{_listed(others, tongue)}。", f"; {_listed(others, tongue)}.")[tongue]


def _listed(moves: Sequence[Move], tongue: int) -> str:
    """List who passed how much to whom, the largest first."""
    largest = sorted(moves, key=lambda move: -move.area_m2)[:_MOST_MOVES]
    texts = [_passed(move, tongue) for move in largest]
    if len(moves) > len(texts):
        texts.append((f"另有 {len(moves) - len(texts)} 处", f"and {len(moves) - len(texts)} more")[tongue])
    return ("，", ", ")[tongue].join(texts)


def _passed(move: Move, tongue: int) -> str:
    area = area_text(move.area_m2)
    if move.source and move.target:
        ends = move.source.code, move.target.code
        return (f"{area} 由 {ends[0]} 划入 {ends[1]}", f"{area} from {ends[0]} to {ends[1]}")[tongue]
    if move.target:
        code = move.target.code  # others may have had the ground, and have it still
        return (f"{code} 新占 {area}，无网格让出", f"{code} took {area} that no grid gave up")[tongue]
    code = move.source.code if move.source else ""
    return (f"{code} 让出 {area}，无网格接管", f"{code} gave up {area} that no grid took")[tongue]


_SENTENCES: dict[ChangeKind, Callable[[Change, int], str]] = {
    ChangeKind.SPLIT: _split,
    ChangeKind.MERGED: _merged,
    ChangeKind.REGROUPED: _regrouped,
    ChangeKind.NEW: _new,
    ChangeKind.GONE: _gone,
    ChangeKind.MOVED_EDGE: _moved_edge,
    ChangeKind.RESHAPED: _reshaped,
    ChangeKind.RENAMED: _renamed,
    ChangeKind.UNCHANGED: _unchanged,
}
