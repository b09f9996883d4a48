"""What the page of changes takes, refuses and carries."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from districts import make_changes, make_district, make_frame

from gis.errors import InputError
from gis.maps import draw_changes
from gis.maps.changes.draw import MAX_CHANGES

GRIDS, AREAS = make_district(6)
CHANGES = make_changes(GRIDS)


def test_changes_name_the_outlines_they_had() -> None:
    page = draw_changes(CHANGES, GRIDS, GRIDS, AREAS, frame=make_frame())
    columns, texts = page.numbers["changes"], page.texts["changes"]
    assert isinstance(columns, dict)
    assert isinstance(texts, dict)
    for side, outlines in (("old", "before"), ("new", "after")):
        named = {code for codes in CHANGES[side] for code in codes}
        drawn = page.numbers[outlines]
        assert isinstance(drawn, dict)
        assert len(drawn["rings"]) == len(named)
        assert [len(places) for places in columns[outlines]] == [len(codes) for codes in CHANGES[side]]
    assert columns["moved_m2"] == [round(area) for area in CHANGES["moved_m2"]]
    assert columns["box"][-1] is None  # without a place
    assert texts["sentences"]["en"] == CHANGES["en"].tolist()


def test_no_changes_and_no_areas_are_a_page_too() -> None:
    page = draw_changes(CHANGES[:0], GRIDS, GRIDS, AREAS[:0], frame=make_frame())
    assert "wangge.start(" in page.html("linked")


def test_too_many_changes_are_refused_with_the_remedy() -> None:
    many = gpd.GeoDataFrame(pd.concat([CHANGES] * (MAX_CHANGES // len(CHANGES) + 1)), crs=GRIDS.crs)
    with pytest.raises(InputError, match="raise the limits"):
        draw_changes(many, GRIDS, GRIDS, AREAS, frame=make_frame())


def test_numbers_are_whole() -> None:
    page = draw_changes(CHANGES, GRIDS, GRIDS, AREAS, frame=make_frame())
    columns = page.numbers["changes"]
    assert isinstance(columns, dict)
    for name in ("kind", "before_m2", "after_m2", "moved_m2"):
        assert np.issubdtype(np.array(columns[name]).dtype, np.integer)
