from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InputError
from gis.files.columns import ColumnMap, guess_columns, map_columns
from gis.nouns import Severity


def mapped(
    target: str, values: list[object], *, required: bool = False
) -> tuple[list[object], dict[int | None, str]]:
    rows = pd.RangeIndex(1, len(values) + 1, name="row")
    frame = pd.DataFrame({"源": pd.Series(values, index=rows, dtype=object)})
    result, problems = map_columns(frame, ColumnMap({target: "源"}), required=[target] if required else [])
    assert all(problem.severity is Severity.ERROR and problem.field == target for problem in problems)
    return result[target].tolist(), {problem.row: problem.message for problem in problems}


@pytest.mark.parametrize(
    ("fields", "target", "source"),
    [
        (["网格编码", "名称"], "code", "网格编码"),
        (["BM", "MC"], "code", "BM"),
        (["Grid-Code"], "code", "Grid-Code"),
        (["名称", "code", "编码"], "code", "code"),
        (["X_CODE"], "code", None),
        (["经度", "纬度"], "x", "经度"),
        (["Longitude"], "x", "Longitude"),
        (["户数"], "households", "户数"),
        (["上报时间"], "reported_at", "上报时间"),
    ],
)
def test_usual_names_are_guessed_and_marked(fields: list[str], target: str, source: str | None) -> None:
    found = guess_columns(fields, [target])
    assert found.sources == ({target: source} if source else {})
    assert found.described() == ([f"{target} <- {source} (guessed)"] if source else [])


def test_stated_columns_come_first_and_none_is_taken_twice() -> None:
    found = guess_columns(["code", "编码", "name"], ["code", "name"], {"name": "code"})
    assert found.sources == {"code": "编码", "name": "code"}
    assert found.guessed == {"code"}
    assert found.described() == ["code <- 编码 (guessed)", "name <- code"]


def test_a_wrong_name_is_answered_with_the_nearest_and_all() -> None:
    with pytest.raises(
        InputError, match=r"no column 'LSOA1CD' for code; did you mean 'LSOA11CD'\? It has: LAD, LSOA11CD"
    ) as caught:
        guess_columns(["LAD", "LSOA11CD"], ["code"], {"code": "LSOA1CD"})
    assert caught.value.field == "code"
    with pytest.raises(InputError, match=r"no field 'cod' here; did you mean 'code'\?"):
        guess_columns(["a"], ["code"], {"cod": "a"})
    frame = pd.DataFrame({"a": ["1"]})
    with pytest.raises(InputError, match=r"no column is mapped to code, which every row needs\. It has: a$"):
        map_columns(frame, ColumnMap({}), required=["code"])
    with pytest.raises(InputError, match=r"no column 'b' for code\. It has: a$"):
        map_columns(frame, ColumnMap({"code": "b"}))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("0012", "0012"),
        (" 0012\u3000", "0012"),
        ("320115001001.0", "320115001001"),
        ("00.0", "00"),
        (320115001001, "320115001001"),
        (np.int64(7), "7"),
        (3.2011e14, "320110000000000"),
        (np.float64(320115001001.0), "320115001001"),
        ("A-7.5", "A-7.5"),
        (None, None),
        (float("nan"), None),
        (" ", None),
    ],
)
def test_codes_are_text_with_every_digit(value: object, code: str | None) -> None:
    assert mapped("code", [value]) == ([code], {})


@pytest.mark.parametrize(
    "value", [3.2011500100101e17, 2.0**53, 1.5, -1.0, float("inf"), True, "3.20115E+11", "3e5"]
)
def test_a_code_that_lost_digits_is_a_problem(value: object) -> None:
    codes, problems = mapped("code", ["001", value])
    assert codes == ["001", None]
    assert problems.keys() == {2}
    assert "export it as text" in problems[2]


@given(st.integers(0, 2**53 - 1))
def test_a_code_read_as_a_float_comes_back_exactly_or_not_at_all(code: int) -> None:
    assert mapped("code", [float(code)]) == ([str(code)], {})


@given(st.integers(2**53, 2**70))
def test_a_code_too_long_for_a_float_is_never_invented(code: int) -> None:
    codes, problems = mapped("code", [float(code)])
    assert codes == [None]
    assert problems.keys() == {1}


@pytest.mark.parametrize(
    ("value", "count"), [("300", 300), (300, 300), (300.0, 300), (" 0 ", 0), (None, None), ("", None)]
)
def test_counts_are_whole(value: object, count: int | None) -> None:
    counts, problems = mapped("households", [value])
    assert (counts, problems) == ([count], {})
    assert count is None or type(counts[0]) is int


@pytest.mark.parametrize(
    "value", ["1,000", "12.0", "12.5", 12.5, "-1", -1, True, "many", "1e3", 2**31, "9" * 30, float("inf")]
)
def test_what_is_no_count_is_a_problem(value: object) -> None:
    counts, problems = mapped("households", [value])
    assert counts == [None]
    assert "whole number" in problems[1]


@pytest.mark.parametrize(("value", "number"), [("118.5", 118.5), ("-2.5e-3", -0.0025), (3, 3.0), (".5", 0.5)])
def test_numbers(value: object, number: float) -> None:
    assert mapped("x", [value]) == ([number], {})


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "118°30'", "1,5", "0x10", True, "1_0", "１１８"])
def test_what_is_no_number_is_a_problem(value: object) -> None:
    numbers, problems = mapped("x", [value])
    assert np.isnan(numbers[0])  # type: ignore[call-overload]  # a float
    assert "decimal point" in problems[1]


def test_equal_values_of_different_kinds_are_read_apart() -> None:
    codes, problems = mapped("code", [1, 1.0, True, "1"])
    assert codes == ["1", "1", None, "1"]
    assert problems.keys() == {3}


def test_a_required_field_names_its_empty_rows_once() -> None:
    codes, problems = mapped("code", ["1", None, "", 1.5], required=True)
    assert codes == ["1", None, None, None]
    assert {row: message.split(":")[0] for row, message in problems.items()} == {
        2: "源 is empty; every row needs a code",
        3: "源 is empty; every row needs a code",
        4: "源 is '1.5'",
    }


def test_the_geometry_stays_and_other_columns_go() -> None:
    frame = gpd.GeoDataFrame(
        {"BM": ["1"], "other": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], index=[5], crs=4490
    )
    result, _ = map_columns(frame, guess_columns(["BM", "other"], ["code"]))
    assert isinstance(result, gpd.GeoDataFrame)
    assert list(result.columns) == ["code", "geometry"]
    assert result.index.tolist() == [5]
    assert result.crs == frame.crs
