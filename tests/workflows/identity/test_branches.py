"""Nobody reaches beyond the own branch: not by a unit's area, another's password, or a plan."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import people
import pytest
from matrix.world import A1, A2, A11, A21, MIDDLE, SOUTH, UNITS, A, frame, natural, publish_two

from gis.errors import ConflictError, InputError
from gis.identity.roles import Right, Role
from gis.identity.scopes import scopes_of
from gis.nouns import Actor, Scope
from gis.settings import Settings
from gis.store.identity.grants import list_grants, list_grants_in_force, save_grant
from gis.store.identity.units import get_unit, list_units, save_units
from gis.store.plans import create_plan, save_plan_grids
from gis.store.session import make_engine, transaction
from gis.workflows.identity.begin import recognise
from gis.workflows.identity.branch import require_inside_branch
from gis.workflows.identity.manage_units import NewUnit, add_unit
from gis.workflows.identity.manage_users import (
    NewUser,
    Wanted,
    add_user,
    disable_user,
    enable_user,
    end_sessions_of,
    give_secret,
    grant_role,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.identity.accounts import SignedIn

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = date(2026, 5, 1)
MOMENT_S = 0.5
TREE = [{"code": c, "name": c, "parent_code": p, "area_code": area} for c, (p, area) in UNITS.items()]


@pytest.fixture
def guard(session: Session) -> Actor:
    """The security administrator of street A1 in a published district."""
    publish_two(session)
    save_units(session, TREE)
    user_id = people.make_user(session, "guard", [Role.SECURITY_ADMINISTRATOR], "SA1")
    scopes = scopes_of(list_grants_in_force(session, user_id, DAY))
    return Actor("guard", scope=scopes[Right.MANAGE_USERS], user_id=user_id)


@pytest.mark.parametrize("area", [A, A2, A21, "329999"])
def test_a_unit_gets_no_area_outside_the_branch(session: Session, guard: Actor, area: str) -> None:
    with pytest.raises(InputError, match="no area within yours"):
        add_unit(session, NewUnit("NEW", "New", "SA1", area), guard)


@pytest.mark.parametrize("area", [A1, A11, None])
def test_a_unit_gets_an_area_of_the_branch(session: Session, guard: Actor, area: str | None) -> None:
    assert add_unit(session, NewUnit("NEW", "New", "SA1", area), guard).area_code == area


def test_of_several_who_add_a_unit_at_once_one_does(settings: Settings) -> None:
    engine = make_engine(settings)
    with transaction(engine) as session:
        save_units(session, TREE)

    def add(parent: str) -> str:
        try:
            with transaction(engine) as session:
                return add_unit(session, NewUnit("NEW", "New", parent), people.MAKER).parent_code or ""
        except ConflictError as error:
            return str(error)

    with transaction(engine) as session, ThreadPoolExecutor(2) as pool:
        first = add_unit(session, NewUnit("NEW", "New", "SA1"), people.MAKER)
        others = [pool.submit(add, parent) for parent in ("SA2", "SB1")]
        wait(others, MOMENT_S)
        session.commit()
        said = {other.result() for other in others}
    assert said == {"There is a unit NEW already; choose another code."}
    with transaction(engine) as session:
        assert get_unit(session, "NEW") == first
    engine.dispose()


def test_nobody_takes_the_place_of_a_user_with_roles_elsewhere(session: Session, guard: Actor) -> None:
    user_id = people.make_user(session, "far", [Role.GRID_WORKER], "SA1")
    assert give_secret(session, user_id, guard, NOW)
    save_grant(session, user_id, Role.DISTRICT_OPERATOR, get_unit(session, "RA").id, (DAY, None), guard)
    with pytest.raises(ConflictError, match="outside your branch"):
        give_secret(session, user_id, guard, NOW)
    assert [one.unit_code for one in list_grants(session, user_id, guard)] == ["SA1"]
    # nor does a branch shut out, or let in again, somebody who sees to more than it
    for shut_out in (
        lambda: disable_user(session, user_id, guard, NOW),
        lambda: enable_user(session, user_id, guard),
        lambda: end_sessions_of(session, user_id, guard),
    ):
        with pytest.raises(ConflictError, match="outside your branch"):
            shut_out()


@pytest.mark.parametrize(
    "role", [Role.AUDITOR, Role.AUDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR, Role.GRID_WORKER]
)
def test_a_branch_gives_no_role_that_reaches_everywhere(session: Session, guard: Actor, role: Role) -> None:
    user_id = people.make_user(session, "near", [], "SA1")
    wanted = Wanted(role, "SA1", DAY)
    if role is Role.GRID_WORKER:
        assert grant_role(session, user_id, wanted, guard)
        return
    with pytest.raises(ConflictError, match="beyond your branch"):
        grant_role(session, user_id, wanted, guard)
    # nor does it take the place of somebody to whom the district gave it
    grant_role(session, user_id, wanted, people.MAKER)
    with pytest.raises(ConflictError, match="outside your branch"):
        give_secret(session, user_id, guard, NOW)


def test_nobody_is_called_like_one_whose_work_is_on_record(session: Session, guard: Actor) -> None:
    create_plan(session, "made on the command line", Actor("operator"), None)
    with pytest.raises(ConflictError, match="'operator' is taken"):
        add_user(session, NewUser("Operator", "Somebody", "SA1"), guard, NOW)


def test_a_plan_of_a_street_takes_no_grid_of_another(session: Session, guard: Actor) -> None:
    plan = create_plan(session, "mine", guard, get_unit(session, "SA1").id)
    save_plan_grids(session, plan.id, frame([natural(f"{A11}001", A11, SOUTH, MIDDLE)]))
    require_inside_branch(session, plan.id)
    # the code of a grid of street A2, said to be of a community of A1
    save_plan_grids(session, plan.id, frame([natural(f"{A21}001", A11, SOUTH, MIDDLE)]))
    with pytest.raises(InputError, match=f"{A21}001"):
        require_inside_branch(session, plan.id)


@pytest.mark.usefixtures("guard")
def test_a_unit_that_moves_takes_all_below_along_and_circles_are_refused(session: Session) -> None:
    save_units(session, [{"code": "SA1", "name": "SA1", "parent_code": "RB", "area_code": A1}])
    root, street = get_unit(session, "RB"), get_unit(session, "SA1")
    seen_from = Actor("x", scope=Scope(unit_ids=frozenset({root.id})))
    assert {unit.code for unit in list_units(session, seen_from)} == {"RB", "SB1", "SA1", "TA11"}
    assert street.parent_code == "RB"
    with pytest.raises(InputError, match="stands below it"):
        save_units(session, [{"code": "SA1", "name": "SA1", "parent_code": "TA11", "area_code": A1}])


@pytest.mark.usefixtures("guard")
def test_the_database_keeps_administrators_apart(session: Session) -> None:
    user_id = people.make_user(session, "one", [Role.SYSTEM_ADMINISTRATOR], "RA")
    unit_id = get_unit(session, "RA").id
    for role in (Role.AUDIT_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.GRID_WORKER):
        with pytest.raises(ConflictError, match="三员分立"):
            save_grant(session, user_id, role, unit_id, (date(2030, 1, 1), date(2030, 1, 2)), people.MAKER)
    another = people.make_user(session, "two", [], "RA")
    save_grant(session, another, Role.AUDITOR, unit_id, (date(2026, 1, 1), date(2026, 6, 1)), people.MAKER)
    valid = (date(2026, 5, 31), date(2026, 7, 1))
    with pytest.raises(ConflictError, match="三员分立"):
        save_grant(session, another, Role.AUDIT_ADMINISTRATOR, unit_id, valid, people.MAKER)
    # the day after the last is free
    valid = (date(2026, 6, 1), None)
    assert save_grant(session, another, Role.AUDIT_ADMINISTRATOR, unit_id, valid, people.MAKER)


@pytest.mark.usefixtures("guard")
def test_a_grant_holds_from_its_first_day_to_the_day_before_its_end(session: Session) -> None:
    user_id = people.make_user(session, "guest", [], "SA1")
    unit_id = get_unit(session, "SA1").id
    save_grant(session, user_id, Role.AUDITOR, unit_id, (date(2026, 5, 1), date(2026, 5, 3)), people.MAKER)
    held = [bool(list_grants_in_force(session, user_id, date(2026, 5, day))) for day in (1, 2, 3)]
    assert held == [True, True, False]
    assert not list_grants_in_force(session, user_id, date(2026, 4, 30))


@pytest.mark.usefixtures("guard")
def test_a_grant_begins_and_ends_at_the_districts_midnight(session: Session) -> None:
    user_id = people.make_user(session, "guest", [], "SA1")
    unit_id = get_unit(session, "SA1").id
    save_grant(session, user_id, Role.AUDITOR, unit_id, (date(2026, 5, 1), date(2026, 5, 3)), people.MAKER)
    begins, ends = (datetime(2026, 5, day, 16, tzinfo=UTC) - timedelta(days=1) for day in (1, 3))
    moment = timedelta(seconds=1)
    settings = Settings(time_zone="Asia/Shanghai")

    def granted(now: datetime) -> SignedIn:
        found = recognise(session, people.open_session(session, user_id, now=now), settings, now)
        assert found is not None
        return found

    held = [bool(granted(at).grants) for at in (begins - moment, begins, ends - moment, ends)]
    assert held == [False, True, True, False]
    # what was read just before midnight is not believed beyond it
    assert granted(begins - moment).good_until == begins
    assert granted(ends - moment).good_until == ends
    # in the district's day, not in that of Greenwich
    greenwich = Settings(time_zone="UTC")
    token = people.open_session(session, user_id, now=begins)
    found = recognise(session, token, greenwich, begins)
    assert found is not None
    assert not found.grants
