"""From the columns a file has to the fields of an area, a grid or an event."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from gis.errors import InputError
from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Frame = TypeVar("Frame", bound=pd.DataFrame)

USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "编码", "代码", "网格编码", "网格代码", "区划代码", "行政区划代码", "bm", "dm", "wgbm",
             "wgdm", "xzqdm", "grid_code", "area_code", "adcode", "gridcode"),
    "name": ("name", "名称", "网格名称", "区划名称", "mc", "wgmc", "xzqmc", "grid_name", "area_name"),
    "community_code": ("community_code", "社区编码", "社区代码", "所属社区编码", "村社区编码", "sqbm",
                       "sqdm"),
    "grid_code": ("grid_code", "所属网格编码", "所属网格代码", "sswgbm"),
    "parent_code": ("parent_code", "上级编码", "上级代码", "父级编码", "sjbm", "sjdm"),
    "kind": ("kind", "网格类型", "类型", "wglx"),
    "task": ("task", "任务", "专项任务"),
    "households": ("households", "户数", "总户数", "hs", "zhs"),
    "population": ("population", "人口", "人口数", "总人口", "rk", "rks", "zrk"),
    "source": ("source", "来源", "事件来源", "上报来源"),
    "source_id": ("source_id", "编号", "事件编号", "案件编号", "工单编号", "工单号", "event_id"),
    "x": ("x", "lon", "lng", "long", "longitude", "经度", "x坐标", "东经"),
    "y": ("y", "lat", "latitude", "纬度", "y坐标", "北纬"),
    "accuracy_m": ("accuracy_m", "accuracy", "精度", "定位精度"),
    "reported_at": ("reported_at", "上报时间", "发生时间", "时间", "受理时间", "time", "date",
                    "datetime", "month"),
    "category": ("category", "类别", "事件类别", "事件类型", "大类"),
    "grade": ("grade", "等级", "紧急程度"),
    "text": ("text", "描述", "内容", "事件描述", "问题描述", "description"),
}  # fmt: skip
"""Names under which a field is usually found; compared without case, blanks, hyphens and underscores."""

_CODES = {"code", "community_code", "grid_code", "parent_code", "source_id"}
_COUNTS = {"households", "population"}
_NUMBERS = {"x", "y", "accuracy_m"}

_EXACT_BELOW = 2**53  # every whole float below is the number that was written
_LARGEST_COUNT = 2**31 - 1
_CODE_AS_NUMBER = re.compile(r"\d+\.0+")
_NUMBER_AS_EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SHOWN_NAMES = 40
_BLANKS = " \t\r\n\u3000\ufeff"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of the file is which field.

    Attributes:
        sources: Column by field.
        guessed: Fields whose column was found by its usual name, not stated.
    """

    sources: Mapping[str, str]
    guessed: frozenset[str] = field(default_factory=frozenset)

    def described(self) -> list[str]:
        """Return one line a field for the report, guesses marked."""
        return [
            f"{target} <- {source}{' (guessed)' if target in self.guessed else ''}"
            for target, source in self.sources.items()
        ]


def guess_columns(
    fields: Sequence[str], targets: Iterable[str], stated: Mapping[str, str] | None = None
) -> ColumnMap:
    """Find the columns of fields: stated ones first, then by usual names in their order.

    Args:
        fields: Columns of the file.
        targets: Fields wanted.
        stated: Column by field as the caller states it.

    Raises:
        InputError: A stated column is not in the file, or a stated field is none of the targets.
    """
    wanted = list(targets)
    sources = dict(stated or {})
    for target, source in sources.items():
        if target not in wanted:
            raise _no_such(target, wanted, f"there is no field {target!r} here", target)
        if source not in fields:
            raise _no_such(source, fields, f"the file has no column {source!r} for {target}", target)
    squeezed: dict[str, str] = {}
    for name in fields:
        squeezed.setdefault(_squeezed(name), name)
    guessed = set()
    for target in wanted:
        if target in sources:
            continue
        usual = (squeezed.get(_squeezed(name)) for name in USUAL_NAMES.get(target, (target,)))
        found = [name for name in usual if name is not None and name not in sources.values()]
        if found:
            sources[target] = found[0]
            guessed.add(target)
    return ColumnMap({target: sources[target] for target in wanted if target in sources}, frozenset(guessed))


def map_columns(
    frame: Frame, columns: ColumnMap, *, required: Sequence[str] = ()
) -> tuple[Frame, list[RowProblem]]:
    """Give a frame the fields' names and read their values.

    Codes become text: a whole float below 2^53 and a text like '320115001001.0' are turned back, because
    nothing was lost; a text like '3.2E+11' is an error, because digits were. Counts are whole numbers, not
    below zero. Blanks around a text are dropped, and an empty text is missing.

    Args:
        frame: Rows of a file; the index holds row numbers.
        columns: Which column is which field.
        required: Fields each row must have.

    Returns:
        A frame of the mapped fields (text or None; whole and decimal numbers as object or float), with the
        geometry if there is one, and an error for each value that cannot be read, which is None there.

    Raises:
        InputError: A required field has no column, or a column is not in the frame.
    """
    available = [str(name) for name in frame.columns if name != "geometry"]
    for target in required:
        if target not in columns.sources:
            raise _no_such(
                target, available, f"no column is mapped to {target}, which every row needs", target
            )
    problems: list[RowProblem] = []
    data: dict[str, Any] = {}
    for target, source in columns.sources.items():
        if source not in frame.columns:
            raise _no_such(source, available, f"the file has no column {source!r} for {target}", target)
        data[target], faults = _read_column(frame[source], target, source)
        problems += faults
        if target in required:
            known = {fault.row for fault in faults}
            problems += [
                RowProblem(int(row), target, Severity.ERROR, f"{source} is empty; every row needs a {target}")
                for row in frame.index[data[target].isna().to_numpy()]
                if row not in known
            ]
    mapped = pd.DataFrame(data, index=frame.index)
    if "geometry" in frame.columns:
        mapped = frame[["geometry"]].join(mapped)[[*data, "geometry"]]
    problems.sort(key=lambda problem: problem.row or 0)
    return mapped, problems  # type: ignore[return-value]  # a GeoDataFrame if and only if it was one


def _read_column(column: pd.Series[Any], target: str, source: str) -> tuple[pd.Series[Any], list[RowProblem]]:
    """Read each different value once; one that cannot be read is None and a problem."""
    read = _reader_of(target)
    results: dict[tuple[type, Any], Any] = {}
    values = []
    problems = []
    for row, cell in zip(column.index, column.array, strict=True):
        value = cell.item() if isinstance(cell, np.generic) else cell
        key = (value.__class__, value)  # 1 and 1.0 and True are equal, and not the same
        if key not in results:
            results[key] = None if _is_blank(value) else read(value)
        result = results[key]
        if isinstance(result, _Fault):
            message = f"{source} is {str(value)[:60]!r}: {result.reason}"
            problems.append(RowProblem(int(row), target, Severity.ERROR, message))
            result = None
        values.append(result)
    return pd.Series(values, index=column.index, dtype="float64" if target in _NUMBERS else object), problems


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a value cannot be read, with the remedy."""

    reason: str


def _reader_of(target: str) -> Callable[[Any], Any]:
    if target in _CODES:
        return _code
    if target in _COUNTS:
        return _count
    return _number if target in _NUMBERS else _text


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip(_BLANKS)
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _code(value: object) -> str | _Fault:
    if isinstance(value, str):
        return _code_of_text(value.strip(_BLANKS))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _Fault("a code must be text; export it as text")
    if isinstance(value, int) or (value.is_integer() and 0 <= value < _EXACT_BELOW):
        return str(int(value))
    return _Fault("as a number it does not show all digits of the code; export it as text")


def _code_of_text(text: str) -> str | _Fault:
    if _CODE_AS_NUMBER.fullmatch(text):
        return text.partition(".")[0]
    if _NUMBER_AS_EXPONENT.fullmatch(text):
        return _Fault("a program shortened the code to a number with an exponent; export it as text")
    return text


def _count(value: object) -> int | _Fault:
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        number = int(text) if _WHOLE.fullmatch(text) else -1
    elif isinstance(value, bool) or not isinstance(value, int | float):
        number = -1
    else:
        number = int(value) if isinstance(value, int) or value.is_integer() else -1
    if 0 <= number <= _LARGEST_COUNT:
        return number
    return _Fault(f"it must be a whole number from 0 to {_LARGEST_COUNT}, without separators or unit")


def _number(value: object) -> float | _Fault:
    number = math.nan
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    if math.isfinite(number):
        return number
    return _Fault("it must be a number with a decimal point, without separators or unit")


def _text(value: object) -> str:
    return value.strip(_BLANKS) if isinstance(value, str) else str(value)


def _squeezed(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _no_such(name: str, available: Sequence[str], problem: str, target: str) -> InputError:
    by_squeezed = {_squeezed(other): other for other in available}
    near = difflib.get_close_matches(_squeezed(name), list(by_squeezed), n=1)
    hint = f"; did you mean {by_squeezed[near[0]]!r}?" if near else "."
    shown = ", ".join(available[:_SHOWN_NAMES]) or "none"
    return InputError(f"{problem}{hint} It has: {shown}", field=target)
