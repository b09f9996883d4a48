"""From grants to scopes."""

from __future__ import annotations

from gis.identity.roles import Right, Role
from gis.identity.scopes import GrantInForce, scopes_of
from gis.nouns import EVERYTHING, Scope

STREET = GrantInForce(Role.STREET_OPERATOR, unit_id=2, is_root=False, area_id=20)
BESIDE = GrantInForce(Role.STREET_OPERATOR, unit_id=3, is_root=False, area_id=30)


def test_without_a_grant_there_is_the_own_account_alone() -> None:
    assert scopes_of([]) == {Right.OWN_ACCOUNT: Scope(has_own=True)}


def test_a_right_reaches_over_the_branch() -> None:
    scope = scopes_of([STREET])[Right.READ_EVENTS]
    assert scope == Scope(area_ids=frozenset({20}), unit_ids=frozenset({2}), has_own=True)


def test_a_right_of_two_grants_reaches_as_far_as_both_and_no_further() -> None:
    scope = scopes_of([STREET, BESIDE])[Right.READ_EVENTS]
    assert (scope.area_ids, scope.unit_ids) == ({20, 30}, {2, 3})
    assert not scope.is_everything
    assert not scope.has_root


def test_a_wide_right_does_not_widen_another() -> None:
    planner = GrantInForce(Role.DISTRICT_PLANNER, unit_id=1, is_root=True, area_id=10)
    scopes = scopes_of([STREET, planner])
    assert scopes[Right.READ_EVENTS].area_ids == {20}
    assert scopes[Right.DRAFT_PLANS] == Scope(
        area_ids=frozenset({10}), unit_ids=frozenset({1}), has_root=True
    )


def test_a_root_without_an_area_stands_above_all() -> None:
    root = GrantInForce(Role.DISTRICT_OPERATOR, unit_id=1, is_root=True, area_id=None)
    assert scopes_of([root])[Right.READ_EVENTS] == EVERYTHING
    below = GrantInForce(Role.DISTRICT_OPERATOR, unit_id=2, is_root=False, area_id=None)
    assert scopes_of([below])[Right.REVEAL_PEOPLE] == Scope(unit_ids=frozenset({2}))


def test_residents_see_only_their_own() -> None:
    resident = GrantInForce(Role.PUBLIC_REPORTER, unit_id=1, is_root=True, area_id=None)
    assert scopes_of([resident])[Right.READ_EVENTS] == Scope(has_own=True)
    assert scopes_of([resident])[Right.REPORT_EVENTS] == Scope(has_own=True)
    assert scopes_of([resident, STREET])[Right.REPORT_EVENTS].is_everything


def test_ones_own_counts_for_reading_and_reporting_and_for_nothing_else() -> None:
    everybody = [GrantInForce(role, unit_id=2, is_root=False, area_id=20) for role in Role]
    with_own = {right for right, scope in scopes_of(everybody).items() if scope.has_own}
    assert with_own == {
        Right.OWN_ACCOUNT,
        Right.USE_JOBS,
        Right.READ_EVENTS,
        Right.READ_PLANS,
        Right.READ_CHECKS,
        Right.REPORT_EVENTS,  # which changes nothing that is there
    }
