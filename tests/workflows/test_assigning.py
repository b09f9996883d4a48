"""The crosswalk between two published releases, and the features of a file in the grids of one."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from releases import PLANNER, publish
from shapely import LineString, Point, box, segmentize, to_geojson

from gis.errors import ConflictError, CoordinateSystemError, InputError, NotFoundError
from gis.gridding.assign import Rule
from gis.nouns import GridKind, Release
from gis.settings import Settings
from gis.store.people import save_buildings
from gis.store.plans import create_plan, save_plan_areas, save_plan_grids
from gis.workflows.assigning.assign_features import AssignRequest, assign_features
from gis.workflows.assigning.crosswalk import CrosswalkRequest, Weight, make_crosswalk

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

COMMUNITY = "320199001001"
AREAS = (
    ("district", "320199", None),
    ("street", "320199001", "320199"),
    ("community", COMMUNITY, "320199001"),
)


def unconnected() -> Settings:
    return Settings(database_url="postgresql://unused")


def strip(west: float, east: float) -> BaseGeometry:
    """A grid from 31.0 to 31.1 N, with a corner every 0.01 degrees."""
    return segmentize(box(west, 31.0, east, 31.1), 0.0101)


def publish_grids(session: Session, day: date, **grids: tuple[BaseGeometry, int | None]) -> Release:
    plan = create_plan(session, "a plan", PLANNER)
    if day.year == 2026:
        areas = pd.DataFrame(AREAS, columns=["level", "code", "parent_code"])
        areas = gpd.GeoDataFrame(areas, geometry=[strip(118, 118.3)] * 3, crs="EPSG:4490")
        save_plan_areas(session, plan.id, areas.assign(name="云溪", attributes=[{}] * 3))
    frame = gpd.GeoDataFrame(
        {
            "code": [COMMUNITY + name[1:] for name in grids],
            "households": [households for _, households in grids.values()],
            "community_code": COMMUNITY,
            "kind": "natural",
            "task": None,
            "name": list(grids),
        },
        geometry=[shape for shape, _ in grids.values()],
        crs="EPSG:4490",
    )
    save_plan_grids(session, plan.id, frame.assign(attributes=[{} for _ in grids]))
    return publish(session, plan.id, day)


@pytest.fixture
def releases(session: Session) -> tuple[Release, Release]:
    """West and east; then the line between them a tenth to the east, and the east is cut short."""
    first = publish_grids(
        session, date(2026, 1, 1), g001=(strip(118.0, 118.1), 333), g002=(strip(118.1, 118.2), 101)
    )
    second = publish_grids(
        session, date(2027, 1, 1), g001=(strip(118.0, 118.11), None), g002=(strip(118.11, 118.19), None)
    )
    return first, second


def codes(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    short = [
        tuple("none" if pd.isna(code) else code[-3:] for code in pair)
        for pair in rows[["old_code", "new_code"]].itertuples(index=False)
    ]
    return [(*pair, share) for pair, share in zip(short, rows["share"], strict=True)]


@pytest.mark.usefixtures("releases")
def test_a_crosswalk_shares_out_areas_and_totals_and_names_what_is_left(session: Session) -> None:
    steps: list[str] = []
    found = make_crosswalk(session, CrosswalkRequest(1, 2), unconnected(), steps.append)
    assert codes(found.rows) == [
        ("001", "001", 1),
        ("002", "001", pytest.approx(0.1)),
        ("002", "002", pytest.approx(0.8)),
        ("002", "none", pytest.approx(0.1)),
    ]
    assert found.rows["households"].tolist() == [333, 10, 81, 10]
    assert found.rows["population"].isna().all()
    assert steps == ["read grids", "read area", "overlay"]
    back = make_crosswalk(session, CrosswalkRequest(2, 1), unconnected())
    assert codes(back.rows) == [
        ("001", "001", pytest.approx(10 / 11)),
        ("001", "002", pytest.approx(1 / 11)),
        ("002", "002", 1),
    ]
    assert back.rows["households"].isna().all()  # nobody has counted them yet


@pytest.mark.usefixtures("releases")
def test_a_crosswalk_by_the_households_of_buildings(session: Session) -> None:
    homes = [box(lon, 31.02, lon + 0.001, 31.021) for lon in (118.105, 118.15, 118.195)]
    buildings = {"code": ["1", "2", "3"], "households": [30, 60, 10]}
    save_buildings(session, gpd.GeoDataFrame(buildings, geometry=homes, crs="EPSG:4490"))
    found = make_crosswalk(session, CrosswalkRequest(1, 2, Weight.HOUSEHOLDS), unconnected())
    assert codes(found.rows)[1:] == [("002", "001", 0.3), ("002", "002", 0.6), ("002", "none", 0.1)]
    assert found.rows["households"].tolist() == [333, 30, 61, 10]
    assert found.rows["by_area"].tolist() == [True, False, False, False]


@pytest.mark.usefixtures("releases")
@pytest.mark.parametrize(
    ("request_", "kind", "said"),
    [
        (CrosswalkRequest(1, 9), NotFoundError, "no release 9"),
        (CrosswalkRequest(1, 2, Weight.HOUSEHOLDS), ConflictError, "no buildings are stored"),
        (CrosswalkRequest(1, 2, Weight.EVENTS), ConflictError, "no event with a place"),
        (CrosswalkRequest(1, 2, kind=GridKind.SPECIAL), InputError, "overlap"),
    ],
)
def test_a_crosswalk_that_cannot_be_made_is_refused(
    session: Session, request_: CrosswalkRequest, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        make_crosswalk(session, request_, unconnected())


@pytest.mark.usefixtures("releases")
def test_a_kind_without_grids_makes_an_empty_crosswalk(session: Session) -> None:
    found = make_crosswalk(session, CrosswalkRequest(1, 2, kind=GridKind.DEDICATED), unconnected())
    assert (len(found.rows), found.old_grids, found.new_grids) == (0, 0, 0)


# --- files ------------------------------------------------------------------------------------------


def write(path: Path, *features: tuple[str, BaseGeometry | None]) -> Path:
    made = [
        {
            "type": "Feature",
            "properties": {"name": name, "share": 7},
            "geometry": None if shape is None else json.loads(to_geojson(shape)),
        }
        for name, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8")
    return path


FEATURES = (
    ("house", box(118.05, 31.05, 118.051, 31.051)),
    ("road", LineString([(118.08, 31.05), (118.12, 31.05)])),
    ("camera", Point(118.1, 31.05)),
    ("nothing", None),
    ("flat", LineString([(118.1, 31.05), (118.1, 31.05)])),
    ("on the rim", box(118.199, 31.05, 118.201, 31.051)),
    ("away", box(118.25, 31.05, 118.251, 31.051)),
)


def assigned(session: Session, path: Path, release: Release, rule: Rule) -> list[tuple[Any, ...]]:
    found = assign_features(session, AssignRequest(path, release, rule, crs="wgs84"), unconnected())
    assert found.features == len(FEATURES)
    named = found.pieces[["row", "name", "grid_code", "share", "outside"]].astype(object)
    rows = named.where(named.notna(), None).itertuples(index=False)
    return [(row, name, code and code[-3:], share, outside) for row, name, code, share, outside in rows]


def test_features_of_every_kind_are_split_over_the_grids(
    session: Session, tmp_path: Path, releases: tuple[Release, Release]
) -> None:
    path = write(tmp_path / "features.geojson", *FEATURES)
    assert assigned(session, path, releases[0], Rule.SPLIT) == [
        (1, "house", "001", 1, 0),
        (2, "road", "001", pytest.approx(0.5), 0),
        (2, "road", "002", pytest.approx(0.5), 0),
        (3, "camera", "001", 1, 0),
        (4, "nothing", None, None, 1),
        (5, "flat", None, None, 1),
        (6, "on the rim", "002", pytest.approx(0.5), pytest.approx(0.5)),
        (7, "away", None, None, 1),
    ]


def test_by_containment_a_road_through_two_grids_is_in_none(
    session: Session, tmp_path: Path, releases: tuple[Release, Release]
) -> None:
    path = write(tmp_path / "features.geojson", *FEATURES)
    found = assigned(session, path, releases[0], Rule.CONTAINMENT)
    assert [row[2] for row in found] == ["001", None, "001", None, None, None, None]
    assert found[1] == (2, "road", None, None, 0)  # it lies in grids wholly, but not in one


def test_measures_problems_and_columns(
    session: Session, tmp_path: Path, releases: tuple[Release, Release]
) -> None:
    done: list[int] = []
    path = write(tmp_path / "features.geojson", *FEATURES)
    request = AssignRequest(path, releases[1], Rule.LARGEST, crs="wgs84")
    found = assign_features(session, request, unconnected(), done.append)
    by_name = found.pieces.set_index("name")
    assert by_name.loc["road", "length_m"] == pytest.approx(2863, abs=1)  # the longer part, to 118.11
    assert np.isnan(by_name.loc["road", "area_m2"])
    assert by_name.loc["house", "area_m2"] == pytest.approx(95.5 * 110.9, rel=0.01)
    assert (by_name["file_share"] == 7).all()
    assert [(problem.row, problem.message.split(";")[0]) for problem in found.problems if problem.row] == [
        (4, "the row has no geometry"),
        (5, "it has no extent"),
    ]
    assert sum(done) == len(FEATURES)


@pytest.mark.parametrize(
    ("shape", "asked", "refusal"),
    [
        (FEATURES[0][1], (None, GridKind.NATURAL), (CoordinateSystemError, "--crs")),
        (
            box(388000, 3537000, 388100, 3537100),
            ("wgs84", GridKind.NATURAL),
            (CoordinateSystemError, "metres"),
        ),
        (FEATURES[0][1], ("wgs84", GridKind.DEDICATED), (ConflictError, "no dedicated grids")),
        (FEATURES[0][1], ("wgs84", GridKind.SPECIAL), (InputError, "overlap")),
    ],
)
def test_files_that_cannot_be_assigned_are_refused(
    session: Session,
    tmp_path: Path,
    releases: tuple[Release, Release],
    shape: BaseGeometry,
    asked: tuple[str | None, GridKind],
    refusal: tuple[type[Exception], str],
) -> None:
    crs, kind = asked
    path = write(tmp_path / "f.geojson", ("x", shape))
    request = AssignRequest(path, releases[0], Rule.SPLIT, kind, crs)
    with pytest.raises(refusal[0], match=refusal[1]):
        assign_features(session, request, unconnected())


def test_an_empty_file_is_refused(
    session: Session, tmp_path: Path, releases: tuple[Release, Release]
) -> None:
    request = AssignRequest(write(tmp_path / "empty.geojson"), releases[0], Rule.SPLIT, crs="wgs84")
    with pytest.raises(InputError, match="holds no rows"):
        assign_features(session, request, unconnected())
