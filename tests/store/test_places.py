from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from psycopg2 import sql
from releases import hostile_points, publish_two
from sqlalchemy import text

from gis.gridding.locate import GridIndex
from gis.store.areas import list_areas
from gis.store.bulk.binary import Column, ListColumn, read_rows, write_rows
from gis.store.grids import list_grids
from gis.store.places import copy_out, driver_cursor, locate_in_postgis

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

POINTS = 1500


@pytest.mark.parametrize("release", [1, 2])
def test_sql_and_the_index_agree_on_every_point(session: Session, release: int) -> None:
    publish_two(session)
    grids, areas = list_grids(session, release), list_areas(session, release)
    lon, lat = hostile_points(grids, POINTS)
    found = GridIndex.build(grids, areas).locate_many(lon, lat)
    said = locate_in_postgis(session, lon.tolist(), lat.tolist(), release)
    assert [i for i in range(len(lon)) if said[i] != found.chain(i)] == []
    assert len(said) == 5 * POINTS
    # all kinds of answers occur, and the points were hostile
    assert found.on_boundary.sum() > POINTS
    assert (found.natural < 0).sum() > 50
    for name in ("natural", "dedicated", "special", "community"):
        assert (getattr(found, name) >= 0).sum() > 100


def test_the_area_comes_from_the_grid_else_from_the_outlines(session: Session) -> None:
    publish_two(session)
    grids, areas = list_grids(session, 1), list_areas(session, 1)
    # within the outline of a community, in no grid: only outlines know
    lost = areas[areas["level"] == "community"].geometry.union_all().difference(grids.geometry.union_all())
    point = lost.representative_point()
    (chain,) = locate_in_postgis(session, [point.x], [point.y], 1)
    assert (chain.natural, chain.dedicated) == (None, None)
    assert None not in (chain.community, chain.street, chain.district)
    # a grid's own community is believed even where outlines say another
    other = int(areas.loc[areas["level"] == "community", "id"].iloc[-1])
    session.execute(text("UPDATE grid_version SET community_id = :other"), {"other": other})
    inside = grids.geometry.iloc[0].representative_point()
    (chain,) = locate_in_postgis(session, [inside.x], [inside.y], 1)
    assert chain.community == other


def test_no_release_and_no_point_are_no_place(session: Session) -> None:
    publish_two(session)
    assert locate_in_postgis(session, [118.8], [31.9], 9) == []
    (nowhere,) = locate_in_postgis(session, [float("nan")], [float("nan")], 1)
    assert (nowhere.natural, nowhere.district, nowhere.special) == (None, None, ())


def test_binary_rows_come_back_as_they_went_in(session: Session) -> None:
    session.execute(text("CREATE TEMP TABLE t (i bigint, f float8, b boolean, l bigint[]) ON COMMIT DROP"))
    numbers = np.array([5, -7, 2**62, 0], dtype=np.int64)
    floats = np.array([0.1, -0.0, 5e-324, 3.0])
    lists = ListColumn(np.array([4, 9, 1, 2, 3]), np.array([0, 2, 2, 3, 5]))
    columns = {
        "i": Column(numbers, np.array([False, False, False, True])),
        "f": Column(floats, np.array([False, True, False, False])),
        "b": Column(np.array([True, False, True, False])),
        "l": lists,
    }
    data = BytesIO(b"".join(write_rows(columns)))
    driver_cursor(session).copy_expert("COPY t FROM STDIN (FORMAT binary)", data)
    rows = {tuple(map(repr, row)) for row in session.execute(text("SELECT * FROM t"))}
    assert rows == {
        ("5", "0.1", "True", "[4, 9]"),
        ("-7", "None", "False", "[]"),
        (str(2**62), "5e-324", "True", "[1]"),
        ("None", "3.0", "False", "[2, 3]"),
    }
    query = (
        "COPY (SELECT i, f FROM t WHERE i IS NOT NULL AND f IS NOT NULL ORDER BY i) TO STDOUT (FORMAT binary)"
    )
    back = read_rows(copy_out(session, sql.SQL(query)), (("i", ">i8"), ("f", ">f8")))
    assert back["i"].tolist() == [5, 2**62]
    assert back["f"].tolist() == [0.1, 5e-324]


@pytest.mark.parametrize(
    "columns",
    ["NULL::bigint, 1::float8", "1::int, 1::float8", "1::bigint", "1::int, 'twelve bytes'::text"],
)
def test_a_copy_of_other_columns_is_refused(session: Session, columns: str) -> None:
    data = copy_out(session, sql.SQL(f"COPY (SELECT {columns}) TO STDOUT (FORMAT binary)"))
    with pytest.raises(ValueError, match="no binary COPY"):
        read_rows(data, (("i", ">i8"), ("f", ">f8")))


def test_no_rows_are_no_rows(session: Session) -> None:
    empty = Column(np.empty(0, dtype=np.int64))
    assert b"".join(write_rows({"i": empty})) == b"".join(write_rows({"i": empty, "k": empty}))
    data = copy_out(session, sql.SQL("COPY (SELECT 1::bigint WHERE false) TO STDOUT (FORMAT binary)"))
    assert len(read_rows(data, (("i", ">i8"),))) == 0
