from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.files.parts import merge_parts
from gis.nouns import Severity


def areas(rows: list[tuple[str | None, object, shapely.Geometry | None]]) -> gpd.GeoDataFrame:
    codes, names, shapes = zip(*rows, strict=True)
    index = pd.RangeIndex(1, len(rows) + 1, name="row")
    columns = {
        "code": pd.Series(codes, index=index, dtype=object),
        "name": pd.Series(names, index=index, dtype=object),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(shapes), index=index), crs=4490)


def square(x: float) -> shapely.Polygon:
    return shapely.box(x, 0, x + 1, 1)


def test_parts_of_one_area_become_one_row_and_it_is_said() -> None:
    frame = areas(
        [("1", "a", square(0)), ("2", "b", square(5)), ("1", "a", square(2)), ("1", "a", square(8))]
    )
    merged, problems = merge_parts(frame)
    assert merged["code"].tolist() == ["1", "2"]
    assert merged.index.tolist() == [1, 2]
    assert merged.crs == frame.crs
    assert shapely.get_num_geometries(merged.geometry.to_numpy()).tolist() == [3, 1]
    assert shapely.equals(merged.geometry.iloc[0], shapely.MultiPolygon([square(0), square(2), square(8)]))
    (problem,) = problems
    assert (problem.row, problem.field, problem.severity) == (1, "code", Severity.INFO)
    assert "rows 1, 3, 4 are parts of one area, 1" in problem.message
    assert len(frame) == 4  # the input is left as it was
    assert frame.geometry.iloc[0].geom_type == "Polygon"


def test_differing_attributes_are_an_error_with_rows_and_columns() -> None:
    frame = areas(
        [("1", "a", square(0)), ("1", "b", square(2)), ("2", None, square(4)), ("2", "x", square(6))]
    )
    merged, problems = merge_parts(frame)
    assert merged.equals(frame)
    assert [(problem.row, problem.severity) for problem in problems] == [
        (1, Severity.ERROR),
        (3, Severity.ERROR),
    ]
    assert "code 1 is in rows 1, 2 with different name;" in problems[0].message


def test_blanks_equal_blanks_and_missing_codes_are_left_alone() -> None:
    frame = areas(
        [("1", None, square(0)), ("1", np.nan, square(2)), (None, "x", square(4)), (None, "x", square(6))]
    )
    merged, problems = merge_parts(frame)
    assert merged.index.tolist() == [1, 3, 4]
    assert [problem.severity for problem in problems] == [Severity.INFO]


def test_parts_that_touch_are_joined_and_copies_count_once_with_a_warning() -> None:
    frame = areas(
        [("1", "a", square(0)), ("1", "a", square(1)), ("2", "b", square(5)), ("2", "b", square(5))]
    )
    merged, problems = merge_parts(frame)
    assert shapely.equals(merged.geometry.iloc[0], shapely.box(0, 0, 2, 1))
    assert shapely.equals(merged.geometry.iloc[1], square(5))
    assert merged.geometry.is_valid.all()
    assert [problem.severity for problem in problems] == [Severity.WARNING, Severity.WARNING]
    assert "joined" in problems[0].message
    assert "1 of its polygons were there more than once" in problems[1].message


def test_an_invalid_part_stays_for_the_check_to_name() -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    merged, _ = merge_parts(
        areas([("1", "a", bow_tie), ("1", "a", square(5)), ("2", "a", None), ("2", "a", None)])
    )
    assert not merged.geometry.iloc[0].is_valid
    assert shapely.get_num_coordinates(merged.geometry.iloc[0]) == 10
    assert merged.geometry.iloc[1] is None


def test_nothing_repeated_changes_nothing() -> None:
    frame = areas([("1", "a", square(0)), ("2", "a", square(1))])
    assert merge_parts(frame) == (frame, [])


@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("ab")), min_size=1, max_size=12))
def test_area_and_codes_are_kept(rows: list[tuple[str, str]]) -> None:
    frame = areas([(code, name, square(2 * at)) for at, (code, name) in enumerate(rows)])
    merged, problems = merge_parts(frame)
    assert shapely.area(merged.geometry.to_numpy()).sum() == len(rows)
    names = {code: {name for other, name in rows if other == code} for code, _ in rows}
    errors = {problem.message.split()[1] for problem in problems if problem.severity is Severity.ERROR}
    assert errors == {code for code, different in names.items() if len(different) > 1}
    assert not merged["code"][~merged["code"].isin(errors)].duplicated().any()
