from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from coverings import telling_points
from districts import make_district
from hypothesis import given
from hypothesis import strategies as st
from releases import PLANNER, SECOND_DAY, publish, publish_two
from sqlalchemy import event, text

from gis.errors import ConflictError, NotFoundError
from gis.gridding.coverage.labels import ChangedLabels
from gis.gridding.locate import GridIndex
from gis.gridding.located import FIRST_NEW_ID, LAST_NEW_ID, NONE
from gis.nouns import GridKind
from gis.store.plans import (
    add_parts,
    count_change,
    create_plan,
    get_plan,
    list_plan_areas,
    list_plan_grids,
    retire_missing_grids,
    save_plan_areas,
    save_plan_grids,
)
from gis.store.session import transaction
from gis.workflows.locate_point import ReleaseIndexes, build_index
from gis.workflows.locating.locate_plan import LocatedInPlan, PlanIndexes, number_new

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from gis.nouns import Plan, Release
    from gis.settings import Settings

ACCURACY_M = 20.0
SOMEWHERE = (118.9, 31.9)


@pytest.fixture
def releases(settings: Settings) -> ReleaseIndexes:
    return ReleaseIndexes(settings)


@pytest.fixture
def plans(releases: ReleaseIndexes) -> PlanIndexes:
    return PlanIndexes(releases)


@pytest.fixture
def release(session: Session) -> Release:
    return publish_two(session)[1]


def rows(seed: int, *places: int, **changes: object) -> geopandas.GeoDataFrame:
    """Return some grids of a district, as an import has them."""
    grids = make_district(8, seed=seed)[0].drop(columns="id").iloc[list(places)]
    return grids.assign(attributes=[{} for _ in places], **changes)


def index_of(plans: PlanIndexes, session: Session, plan: Plan) -> GridIndex:
    return plans.locate(session, plan.id, SOMEWHERE, ACCURACY_M).index


def labelled(index: GridIndex) -> int:
    """Count the grids that were put into a draft's index since it was begun."""
    assert isinstance(index.grid_labels, ChangedLabels)
    return len(index.grid_labels.put_since)


def merged(session: Session, plan: Plan) -> tuple[GridIndex, geopandas.GeoDataFrame]:
    """Index the plan's whole state at once; its new grids come last, by code."""
    grids, areas = list_plan_grids(session, plan.id), list_plan_areas(session, plan.id)
    for frame, order in ((grids, ["code"]), (areas, ["level", "code"])):
        new = frame[frame["id"].isna()].sort_values(order).index
        frame["id"] = frame["id"].astype("Int64")
        frame.loc[new, "id"] = 1_000_000 + np.arange(len(new))
    return GridIndex.build(grids, areas), grids


def answers(index: GridIndex, x: NDArray[Any], y: NDArray[Any]) -> list[Any]:
    """Say by code and name who has each point; ids of what is new differ between indexes."""
    found = index.locate_many(x, y)

    def words(ids: NDArray[np.int64], labels: Any) -> list[Any]:
        at = [None if one == NONE else labels.position(one) for one in ids.tolist()]
        return [
            None if place is None else (labels.code(place), labels.name(place), labels.kind(place))
            for place in at
        ]

    return [
        *(words(getattr(found, name), index.grid_labels) for name in ("natural", "dedicated", "special")),
        *(words(getattr(found, name), index.area_labels) for name in ("community", "street", "district")),
        found.special_offsets.tolist(),
        found.on_boundary.tolist(),
    ]


def assert_as_merged(plans: PlanIndexes, session: Session, plan: Plan) -> None:
    built, grids = merged(session, plan)
    x, y = telling_points(grids.geometry.to_numpy(), 800, np.random.default_rng(3))
    assert answers(index_of(plans, session, plan), x, y) == answers(built, x, y)
    for lon, lat in zip(x[:40], y[:40], strict=True):
        found = plans.locate(session, plan.id, (lon, lat), ACCURACY_M)
        wanted = built.locate(lon, lat, ACCURACY_M)
        assert {one.code for one in found.located.candidates} == {one.code for one in wanted.candidates}
        assert found.located.boundary_m == pytest.approx(wanted.boundary_m, abs=1e-6)
        assert found.plan.change_number == get_plan(session, plan.id).change_number


def new_grid(code: str, *edges: float, kind: str = "natural") -> geopandas.GeoDataFrame:
    return rows(8, 0, code=code, name="新", kind=kind).assign(geometry=[shapely.box(*edges)])


def test_the_answers_follow_every_change_of_the_plan_and_of_nothing_else(
    session: Session, plans: PlanIndexes, releases: ReleaseIndexes, release: Release
) -> None:
    plan = create_plan(session, "draft", PLANNER)
    assert_as_merged(plans, session, plan)
    assert labelled(index_of(plans, session, plan)) == 0
    count = 0
    for change, of_them in (
        (rows(8, *range(10, 20)), 0),  # all as in the base release
        (rows(9, 5, 6, 7), 3),
        (rows(9, 5, 6, 7), 0),  # the same file again: other rows, nothing new
        (rows(9, 5, 6, 7, name="改名"), 3),
        (rows(10, 6, 30), 2),
        (rows(8, 5), 1),  # as in the base release
        (rows(8, 9, kind="dedicated"), 1),
        (new_grid("A 2", 118.80, 31.9, 118.85, 32.0), 1),
        (new_grid("A 1", 118.85, 31.9, 118.90, 32.0), 1),
        (new_grid("A 3", 118.80, 31.9, 118.90, 32.0, kind="special").assign(task="fire"), 1),
        (new_grid("A 2", 118.81, 31.9, 118.85, 32.0), 1),
    ):
        save_plan_grids(session, plan.id, change)
        assert_as_merged(plans, session, plan)
        count += of_them
        assert labelled(index_of(plans, session, plan)) == count
    base = merged(session, create_plan(session, "untouched", PLANNER))[0]
    x, y = telling_points(make_district(8, seed=8)[0].geometry.to_numpy(), 800, np.random.default_rng(4))
    assert answers(releases.of(session, release).index, x, y) == answers(base, x, y)


def test_retired_grids_are_gone_and_come_back(session: Session, plans: PlanIndexes, release: Release) -> None:
    plan = create_plan(session, "draft", PLANNER)
    save_plan_grids(session, plan.id, new_grid("A 1", 118.80, 31.9, 118.85, 32.0))
    assert_as_merged(plans, session, plan)
    kept = set(list_plan_grids(session, plan.id, GridKind.NATURAL)["code"].iloc[:-9])
    assert retire_missing_grids(session, plan.id, GridKind.NATURAL, kept - {"A 1"}) > 0
    assert_as_merged(plans, session, plan)
    count = labelled(index_of(plans, session, plan))
    save_plan_grids(session, plan.id, rows(9, *range(50, 63)))
    assert_as_merged(plans, session, plan)
    assert labelled(index_of(plans, session, plan)) == count + 13
    session.execute(text("DELETE FROM plan_grid WHERE plan_id = :plan AND retired"), {"plan": plan.id})
    count_change(session, plan.id)
    assert_as_merged(plans, session, plan)


def test_a_row_that_is_changed_in_its_place_is_seen(
    session: Session, plans: PlanIndexes, release: Release
) -> None:
    plan = create_plan(session, "draft", PLANNER)
    save_plan_grids(session, plan.id, rows(9, 5, 6))
    assert_as_merged(plans, session, plan)
    parts = rows(9, 5).assign(geometry=[shapely.box(118.6, 31.9, 118.65, 31.95)])
    add_parts(session, plan.id, parts, "grid")
    count_change(session, plan.id)
    assert_as_merged(plans, session, plan)
    assert labelled(index_of(plans, session, plan)) == 3


def test_while_an_index_follows_its_plan_others_wait_and_what_changes_meanwhile_is_told(
    engine: Engine, plans: PlanIndexes
) -> None:
    with transaction(engine) as session:
        publish_two(session)
        plan = create_plan(session, "draft", PLANNER)
    asked_at = inside(rows(8, 5))
    point = (float(asked_at[0][0]), float(asked_at[1][0]))

    def ask() -> LocatedInPlan:
        with transaction(engine) as session:
            return plans.locate(session, plan.id, point, ACCURACY_M)

    def name(found: LocatedInPlan) -> tuple[int, str]:
        labels, natural = found.index.grid_labels, found.located.chain.natural
        return found.plan.change_number, labels.name(labels.position(natural or NONE))

    def interrupt(*arguments: object) -> None:
        """Change the plan, and let somebody else ask, right before its grids are read."""
        if "plan_grid_id" in str(arguments[2]) and not waiting:
            waiting.append(pool.submit(ask))
            with transaction(engine) as session:
                save_plan_grids(session, plan.id, rows(8, 5, name="meanwhile"))
            was_done.append(bool(wait(waiting, timeout=0.5).done))

    waiting: list[Future[LocatedInPlan]] = []
    was_done: list[bool] = []
    ask()
    with transaction(engine) as session:
        save_plan_grids(session, plan.id, rows(8, 5, name="before"))
    with ThreadPoolExecutor(1) as pool:
        event.listen(engine, "before_cursor_execute", interrupt)
        assert name(ask()) == (2, "meanwhile")
        assert name(waiting[0].result()) == (2, "meanwhile")
    assert was_done == [False]


def test_areas_that_a_plan_changes_are_those_of_the_answer(
    session: Session, plans: PlanIndexes, release: Release
) -> None:
    plan = create_plan(session, "draft", PLANNER)
    save_plan_grids(session, plan.id, rows(9, 5, 6, community_code="320115001777"))
    assert_as_merged(plans, session, plan)
    areas = make_district(8, seed=8)[1].drop(columns="id")
    moved = areas[areas["level"] == "community"].iloc[:3].assign(attributes=[{}, {}, {}], name="改名")
    save_plan_areas(session, plan.id, moved)
    assert_as_merged(plans, session, plan)
    save_plan_areas(session, plan.id, moved.iloc[:1].assign(code="320115001777", name="新社区"))
    assert_as_merged(plans, session, plan)
    assert "新社区" in str(answers(index_of(plans, session, plan), *inside(rows(9, 5))))


def inside(grids: geopandas.GeoDataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    points = shapely.point_on_surface(grids.geometry.to_numpy())
    return shapely.get_x(points), shapely.get_y(points)


def test_it_answers_as_the_release_that_the_plan_becomes(
    session: Session, plans: PlanIndexes, release: Release
) -> None:
    plan = create_plan(session, "draft", PLANNER)
    save_plan_grids(session, plan.id, new_grid("A 2", 118.80, 31.9, 118.85, 32.0))
    index_of(plans, session, plan)
    save_plan_grids(session, plan.id, new_grid("A 1", 118.85, 31.9, 118.90, 32.0))
    save_plan_grids(session, plan.id, rows(9, 20, 21, 22))
    grids = list_plan_grids(session, plan.id)
    x, y = telling_points(grids.geometry.to_numpy(), 800, np.random.default_rng(5))
    x, y = np.append(x, 118.85), np.append(y, 33)  # beside everything
    x[-1], y[-1] = 118.85, 31.99  # on the line between the new ones
    foretold = answers(index_of(plans, session, plan), x, y)
    became = publish(session, plan.id, SECOND_DAY.replace(year=2027))
    assert answers(build_index(session, became), x, y) == foretold
    with pytest.raises(ConflictError, match=f"release {became.number}"):
        plans.locate(session, plan.id, SOMEWHERE, ACCURACY_M)


def test_a_plan_over_no_release_and_one_that_is_not_there(session: Session, plans: PlanIndexes) -> None:
    plan = create_plan(session, "first", PLANNER)
    assert plans.locate(session, plan.id, SOMEWHERE, ACCURACY_M).located.chain.answers is None
    grids, areas = (frame.drop(columns="id") for frame in make_district(8, seed=8))
    save_plan_areas(session, plan.id, areas.assign(attributes=[{} for _ in range(len(areas))]))
    save_plan_grids(session, plan.id, grids.assign(attributes=[{} for _ in range(len(grids))]))
    assert_as_merged(plans, session, plan)
    save_plan_grids(session, plan.id, rows(9, 3, 4))
    assert_as_merged(plans, session, plan)
    assert labelled(index_of(plans, session, plan)) == len(grids) + 2
    assert plans.locate(session, plan.id, SOMEWHERE, ACCURACY_M).base is None
    with pytest.raises(NotFoundError, match="There is no plan 99999"):
        plans.locate(session, 99999, SOMEWHERE, ACCURACY_M)


def test_of_a_code_that_a_draft_repeats_the_first_is_the_grid_of_the_release(
    session: Session, plans: PlanIndexes, release: Release
) -> None:
    plan = create_plan(session, "draft", PLANNER)
    twice = rows(8, 5).assign(name="first"), rows(8, 6, name="second")
    code = twice[0]["code"].iloc[0]
    both = geopandas.GeoDataFrame(
        [*twice[0].to_dict("records"), *twice[1].assign(code=code).to_dict("records")], crs="EPSG:4490"
    )
    save_plan_grids(session, plan.id, both)
    found = answers(index_of(plans, session, plan), *inside(both))[0]
    assert [name for _, name, _ in found] == ["first", rows(8, 6)["name"].iloc[0]]
    session.execute(text("DELETE FROM plan_grid WHERE name = 'first'"))
    count_change(session, plan.id)
    found = answers(index_of(plans, session, plan), *inside(both))[0]
    assert found[0] is None
    assert found[1][1] == "second"


def test_an_index_that_has_taken_in_many_changes_is_begun_anew(
    session: Session, plans: PlanIndexes, release: Release
) -> None:
    plan = create_plan(session, "draft", PLANNER)
    every = range(64)
    puts = 0
    while puts <= 17 * len(every):
        save_plan_grids(session, plan.id, rows(8, *every, name=f"name {puts}"))
        index = index_of(plans, session, plan)
        puts += len(every)
        assert labelled(index) in {puts, len(every)}
    assert labelled(index) == len(every)
    assert_as_merged(plans, session, plan)


KEYS = st.lists(st.tuples(st.text("AB1", max_size=5), st.integers(0, 3)), unique=True, max_size=30)


@given(st.lists(KEYS, max_size=12))
def test_new_grids_ascend_with_their_codes_and_keep_their_ids(states: list[list[tuple[str, int]]]) -> None:
    known: dict[tuple[str, int], int] = {}
    for keys in states:
        ids = number_new(sorted(keys), known)
        assert list(ids) == sorted(keys)
        assert all(a < b for a, b in pairwise(ids.values()))
        assert all(FIRST_NEW_ID <= one <= LAST_NEW_ID for one in ids.values())
        assert all(known.get(key, one) == one for key, one in ids.items())
        known = ids


def test_where_no_room_is_left_between_two_new_grids_all_are_numbered_anew() -> None:
    known = number_new([("A", 0), ("B", 0)], {})
    last = "A"
    for _ in range(200):  # each right behind the one before
        last += "A"
        keys = sorted([*known, (last, 0)])
        known = number_new(keys, known)
        assert all(a < b for a, b in pairwise(known[key] for key in keys))
    assert len(known) == 202
