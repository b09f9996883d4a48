"""The path of a district's own data: file, plan, check, release, events, map."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from shapely import box, to_geojson

from gis.errors import CheckFailedError, ConflictError, CoordinateSystemError, InputError, NotFoundError
from gis.maps.choropleth import Measure
from gis.nouns import Actor, AreaLevel, FindingKind, GridKind, Severity
from gis.settings import Settings
from gis.store.events import EventFilter, list_events
from gis.store.grids import list_grids
from gis.store.plans import find_open_plan, get_plan, list_plan_areas, list_plan_grids, list_plans
from gis.store.privacy.mentions import mask_mentions
from gis.workflows.check_grids import check_subject
from gis.workflows.draw_map import CountedBy, MapKind, MapRequest, draw_map
from gis.workflows.import_areas import import_areas
from gis.workflows.import_events import EventImportRequest, import_events
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.import_layer import ImportRequest, require_clean
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.publish_release import publish_release
from gis.workflows.report_events import EventReport, report_events

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

PLANNER = Actor("planner")
SETTINGS = Settings(database_url="postgresql://unused")
STREET, COMMUNITY = "320199001", "320199001001"
# two squares of some 960 x 1100 m side by side, and the community around both
WEST, EAST = box(118.80, 31.90, 118.81, 31.91), box(118.81, 31.90, 118.82, 31.91)
WHOLE = box(118.80, 31.90, 118.82, 31.91).segmentize(0.01)


def feature(geometry: BaseGeometry | None, **properties: Any) -> dict[str, Any]:
    shape = None if geometry is None else json.loads(to_geojson(geometry))
    return {"type": "Feature", "properties": properties, "geometry": shape}


def write(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def import_community(session: Session, folder: Path) -> int:
    for level, code in ((AreaLevel.STREET, STREET), (AreaLevel.COMMUNITY, COMMUNITY)):
        path = write(folder / f"{level}.geojson", feature(WHOLE, code=code, name=f"A {level}"))
        import_areas(session, level, ImportRequest(path, crs="cgcs2000"), SETTINGS, PLANNER)
    plan = find_open_plan(session)
    assert plan is not None
    return plan.id


def import_two(session: Session, folder: Path, *features: dict[str, Any]) -> int:
    plan_id = import_community(session, folder)
    two = (feature(WEST, code=f"{COMMUNITY}001"), feature(EAST, code=f"{COMMUNITY}002"))
    request = GridImportRequest(
        write(folder / "grids.geojson", *two, *features), crs="wgs84", kind=GridKind.NATURAL
    )
    import_grids(session, request, SETTINGS, PLANNER)
    return plan_id


def publish_two(session: Session, folder: Path) -> int:
    plan_id = import_two(session, folder)
    check_subject(session, get_plan(session, plan_id), SETTINGS, PLANNER)
    return publish_release(session, plan_id, date(2026, 1, 1), SETTINGS, PLANNER).number


def test_from_file_to_release(session: Session, tmp_path: Path) -> None:
    plan_id = import_two(session, tmp_path)
    grids = list_plan_grids(session, plan_id)
    assert list(grids["community_code"]) == [COMMUNITY] * 2  # found by place
    assert list(list_plan_areas(session, plan_id, AreaLevel.COMMUNITY)["parent_code"]) == [STREET]
    checked = check_subject(session, get_plan(session, plan_id), SETTINGS, PLANNER)
    assert checked.findings == []
    release = publish_release(session, plan_id, date(2026, 1, 1), SETTINGS, PLANNER)
    assert (release.number, release.grid_count, release.accept_reason) == (1, 2, None)
    assert list_grids(session, 1).geometry.iloc[0].geoms[0].equals(WEST)


def test_a_column_that_is_no_field_of_ours_is_kept(session: Session, tmp_path: Path) -> None:
    import_two(session, tmp_path, feature(box(0, 0, 1, 1), code="x", 备注="远方"))
    kept = session.connection().exec_driver_sql("SELECT attributes FROM plan_grid WHERE code = 'x'").scalar()
    assert kept == {"备注": "远方"}


def test_importing_again_replaces_and_replace_retires(session: Session, tmp_path: Path) -> None:
    plan_id = import_two(session, tmp_path)
    request = GridImportRequest(
        write(tmp_path / "new.geojson", feature(WHOLE, code=f"{COMMUNITY}001", name="One")),
        crs="wgs84",
        kind=GridKind.NATURAL,
        replace_all=True,
    )
    report = import_grids(session, request, SETTINGS, PLANNER)
    assert (report.saved, report.retired) == (1, 1)
    grids = list_plan_grids(session, plan_id)
    assert list(grids["name"]) == ["One"]


def test_rows_of_one_code_become_one_grid_in_parts(session: Session, tmp_path: Path) -> None:
    import_community(session, tmp_path)
    path = write(tmp_path / "g.geojson", feature(WEST, code="1", name="A"), feature(EAST, code="1", name="A"))
    request = GridImportRequest(path, crs="wgs84", kind=GridKind.NATURAL)
    report = import_grids(session, request, SETTINGS, PLANNER)
    assert (report.rows, report.saved, report.errors) == (2, 1, 0)


def test_rows_that_contradict_are_an_error_and_nothing_is_kept_of_them(
    session: Session, tmp_path: Path
) -> None:
    plan_id = import_community(session, tmp_path)
    path = write(
        tmp_path / "g.geojson",
        feature(WEST, code="1", name="A"),
        feature(EAST, code="1", name="B"),
        feature(None, code="2"),
        feature(EAST, code=None),
    )
    request = GridImportRequest(path, crs="wgs84", kind=GridKind.NATURAL)
    report = import_grids(session, request, SETTINGS, PLANNER)
    assert report.saved == 0
    assert {problem.row for problem in report.problems} >= {1, 3, 4}
    with pytest.raises(InputError, match="nothing was imported"):
        require_clean(report, skip_bad_rows=False)
    require_clean(report, skip_bad_rows=True)
    assert len(list_plan_grids(session, plan_id)) == 0


@pytest.mark.parametrize(
    ("geometry", "crs", "said"),
    [
        (box(500000, 3530000, 501000, 3531000), "wgs84", "metres"),
        (box(31.90, 118.80, 31.91, 118.82), "wgs84", "swapped|latitude"),
        (WEST, None, "--crs"),
        (WEST, "EPSG:999999", "coordinate system"),
    ],
)
def test_a_wrong_system_is_named(
    session: Session, tmp_path: Path, geometry: BaseGeometry, crs: str | None, said: str
) -> None:
    import_community(session, tmp_path)
    path = write(tmp_path / "g.geojson", feature(geometry, code="1"))
    with pytest.raises(CoordinateSystemError, match=said):
        import_grids(session, GridImportRequest(path, crs=crs, kind=GridKind.NATURAL), SETTINGS, PLANNER)


def test_a_file_without_kinds_says_what_to_do(session: Session, tmp_path: Path) -> None:
    path = write(tmp_path / "g.geojson", feature(WEST, code="1", kind="round"))
    with pytest.raises(InputError, match="--kind") as caught:
        import_grids(session, GridImportRequest(path, crs="wgs84"), SETTINGS, PLANNER)
    assert (caught.value.row, caught.value.field) == (1, "kind")


def test_publishing_asks_for_a_check_of_this_very_state(session: Session, tmp_path: Path) -> None:
    plan_id = import_two(session, tmp_path)
    with pytest.raises(CheckFailedError, match="no check yet"):
        publish_release(session, plan_id, date(2026, 1, 1), SETTINGS, PLANNER)
    check_subject(session, get_plan(session, plan_id), SETTINGS, PLANNER)
    import_two(session, tmp_path)
    with pytest.raises(CheckFailedError, match="changed since"):
        publish_release(session, plan_id, date(2026, 1, 1), SETTINGS, PLANNER)


def test_errors_need_a_reason_that_stays_with_the_release(session: Session, tmp_path: Path) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[118.8, 31.9], [118.81, 31.91], [118.81, 31.9],
                                                   [118.8, 31.91], [118.8, 31.9]]]}  # fmt: skip
    plan_id = import_community(session, tmp_path)
    path = write(
        tmp_path / "g.geojson",
        {"type": "Feature", "properties": {"code": f"{COMMUNITY}001"}, "geometry": bow_tie},
        feature(EAST, code=f"{COMMUNITY}002"),
    )
    import_grids(session, GridImportRequest(path, crs="wgs84", kind=GridKind.NATURAL), SETTINGS, PLANNER)
    checked = check_subject(session, get_plan(session, plan_id), SETTINGS, PLANNER)
    assert checked.check.counts[FindingKind.INVALID] == 1
    with pytest.raises(CheckFailedError, match="errors"):
        publish_release(session, plan_id, date(2026, 1, 1), SETTINGS, PLANNER)
    release = publish_release(session, plan_id, date(2026, 1, 1), SETTINGS, PLANNER, "ask 13812345678")
    assert (release.accepted_findings, release.accept_reason) == (checked.check.errors, "ask 138****5678")


def report(source_id: str, x: float | None, y: float | None, **other: Any) -> EventReport:
    given = {"crs": "wgs84", "reported_at": datetime(2026, 5, 1, tzinfo=UTC), "category": "rubbish"} | other
    return EventReport(source="hotline", source_id=source_id, x=x, y=y, **given)


def test_events_land_where_they_should(session: Session, tmp_path: Path) -> None:
    publish_two(session, tmp_path)
    ids = dict(zip(list_grids(session, 1)["code"], list_grids(session, 1)["id"], strict=True))
    reported = report_events(
        session,
        ReleaseIndexes(SETTINGS),
        [
            report("west", 118.805, 31.905),
            report("gcj02", 118.805 + 0.0051, 31.905 - 0.0021, crs="gcj02"),
            report("on the shared edge", 118.81, 31.905),
            report("outside", 118.83, 31.905),
            report("nowhere", None, None),
            report("too early", 118.805, 31.905, reported_at=datetime(2025, 5, 1, tzinfo=UTC)),
            report("edge", 118.8099, 31.905, accuracy_m=20.0),
        ],
        SETTINGS,
        PLANNER,
    )
    placed = {row.placed["source_id"]: row.placed for row in reported}
    first = min(ids.values())
    assert placed["west"]["natural_id"] == ids[f"{COMMUNITY}001"]
    assert placed["west"]["release"] == 1
    assert placed["west"]["community_id"] is not None
    assert placed["gcj02"]["natural_id"] == ids[f"{COMMUNITY}001"]
    assert placed["gcj02"]["x"] == 118.805 + 0.0051
    assert placed["on the shared edge"]["natural_id"] == first
    assert placed["outside"]["unlocated"] == "no_grid"
    assert placed["outside"]["nearest_id"] == ids[f"{COMMUNITY}002"]
    assert placed["outside"]["nearest_m"] == pytest.approx(945.3, abs=1)  # 0.01 degrees at 31.9 north
    assert placed["nowhere"]["unlocated"] == "no_point"
    assert placed["too early"]["unlocated"] == "no_release"
    assert placed["edge"]["near_boundary"]
    assert not placed["west"]["near_boundary"]


CSV = """编号,经度,纬度,上报时间,类别,描述,处理人
1,118.805,31.905,2026-05-01 08:00,占道经营,路口摆摊,甲
2,118.815,31.905,2026/5/1 9:05,暴露垃圾,垃圾未清,乙
,118.83,31.905,2026-05-02,暴露垃圾,河边,
3,,,2026-05-02,噪声,不详,
"""


def event_file(folder: Path, content: str = CSV, encoding: str = "gb18030") -> Path:
    path = folder / "events.csv.gz"
    path.write_bytes(gzip.compress(content.encode(encoding)))
    return path


def test_a_csv_of_events_is_imported_once(session: Session, tmp_path: Path) -> None:
    publish_two(session, tmp_path)
    request = EventImportRequest(event_file(tmp_path), crs="wgs84", source="hotline")
    indexes = ReleaseIndexes(SETTINGS)
    done = import_events(session, indexes, request, SETTINGS, PLANNER)
    assert (done.rows, done.new, done.repeated, done.errors) == (4, 4, 0, 0)
    assert done.landed == {"natural": 2, "no_grid": 1, "no_point": 1}
    events = list_events(session, EventFilter(categories=("占道经营",)), 10)
    assert events[0].text == "路口摆摊"
    assert events[0].reported_at == datetime(2026, 5, 1, 0, 0, tzinfo=UTC)  # eight hours behind Shanghai
    assert events[0].attributes == {"处理人": "甲"}
    again = import_events(session, indexes, request, SETTINGS, PLANNER)
    assert (again.new, again.repeated, again.errors) == (0, 4, 0)
    told = event_file(tmp_path, CSV.replace("路口摆摊", "路口摆摊三家"))
    other = import_events(session, indexes, EventImportRequest(told, "wgs84", "hotline"), SETTINGS, PLANNER)
    assert (other.new, other.repeated, other.errors) == (0, 3, 1)
    (problem,) = [one for one in other.problems if one.severity is Severity.ERROR]
    assert (problem.row, problem.field) == (1, "source_id")
    assert "with another text" in problem.message


def test_a_file_is_imported_again_after_an_erasure(session: Session, tmp_path: Path) -> None:
    publish_two(session, tmp_path)
    path = event_file(tmp_path, CSV.replace("垃圾未清", "垃圾未清，电话13812345678"))
    request = EventImportRequest(path, crs="wgs84", source="hotline")
    import_events(session, ReleaseIndexes(SETTINGS), request, SETTINGS, PLANNER)
    mask_mentions(session, "13812345678")
    again = import_events(session, ReleaseIndexes(SETTINGS), request, SETTINGS, PLANNER)
    assert (again.new, again.repeated, again.errors) == (0, 4, 0)


def test_rows_with_errors_are_named(session: Session, tmp_path: Path) -> None:
    publish_two(session, tmp_path)
    bad = CSV + "4,east,31.9,2026-05-02,噪声,,\n5,118.8,31.9,yesterday,噪声,,\n"
    request = EventImportRequest(event_file(tmp_path, bad), crs="wgs84", source="hotline")
    done = import_events(session, ReleaseIndexes(SETTINGS), request, SETTINGS, PLANNER)
    assert (done.rows, done.new, done.errors) == (6, 4, 2)
    assert {(problem.row, problem.field) for problem in done.problems} >= {(5, "x"), (6, "reported_at")}


@pytest.mark.parametrize(
    ("content", "crs", "error"),
    [
        (CSV, None, "--crs"),
        (CSV.replace("经度", "a"), "wgs84", "mapped to x"),
        (CSV.replace("118.8", "31.9").replace(",31.905", ",118.8"), "wgs84", "swapped|latitude"),
    ],
)
def test_a_file_of_events_that_cannot_be_placed(
    session: Session, tmp_path: Path, content: str, crs: str | None, error: str
) -> None:
    publish_two(session, tmp_path)
    request = EventImportRequest(event_file(tmp_path, content), crs=crs, source="hotline")
    with pytest.raises(InputError, match=error):
        import_events(session, ReleaseIndexes(SETTINGS), request, SETTINGS, PLANNER)


def test_a_release_never_changes_answers_already_given(session: Session, tmp_path: Path) -> None:
    publish_two(session, tmp_path)
    report_events(session, ReleaseIndexes(SETTINGS), [report("1", 118.805, 31.905)], SETTINGS, PLANNER)
    path = write(tmp_path / "h.geojson", feature(WEST, code=f"{COMMUNITY}001", name="renamed"))
    import_grids(session, GridImportRequest(path, crs="wgs84", kind=GridKind.NATURAL), SETTINGS, PLANNER)
    plan = list_plans(session)[0]
    check_subject(session, plan, SETTINGS, PLANNER)
    with pytest.raises(ConflictError, match="answered from the release in force"):
        publish_release(session, plan.id, date(2026, 4, 1), SETTINGS, PLANNER)
    assert publish_release(session, plan.id, date(2026, 5, 2), SETTINGS, PLANNER).number == 2


@pytest.mark.parametrize("kind", list(MapKind))
def test_every_map_is_drawn(session: Session, tmp_path: Path, kind: MapKind) -> None:
    publish_two(session, tmp_path)
    report_events(session, ReleaseIndexes(SETTINGS), [report("1", 118.805, 31.905)], SETTINGS, PLANNER)
    for counted_by in CountedBy:
        request = MapRequest(kind, release=1, old=1, counted_by=counted_by, measure=Measure.PER_KM2)
        page = draw_map(session, request, SETTINGS).html("inlined")
        assert "<title>" in page


def test_a_map_of_changes_needs_two_releases(session: Session, tmp_path: Path) -> None:
    request = MapRequest(MapKind.CHANGES)
    with pytest.raises(NotFoundError, match="Nothing has been published yet"):
        draw_map(session, request, SETTINGS)
    publish_two(session, tmp_path)
    with pytest.raises(NotFoundError, match="none before it"):
        draw_map(session, request, SETTINGS)
    with pytest.raises(NotFoundError, match="no release 7"):
        draw_map(session, replace(request, old=7), SETTINGS)


def test_an_unknown_code_scheme_is_named(session: Session, tmp_path: Path) -> None:
    plan_id = import_two(session, tmp_path)
    wrong = SETTINGS.model_copy(update={"code_scheme": "nonsense"})
    with pytest.raises(InputError, match="possible: community-3, free"):
        check_subject(session, get_plan(session, plan_id), wrong, PLANNER)
