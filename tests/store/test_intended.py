from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from releases import PLANNER
from shapely import box
from sqlalchemy import text

from gis.errors import ConflictError, NotFoundError
from gis.nouns import Finding, FindingKind, Severity
from gis.store.checking.intended import list_intended, list_intended_ids, save_intended, take_back_intended

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

GAP = Finding(FindingKind.GAP, Severity.ERROR, ("A", "B"), box(118, 31, 118.1, 31.1), 12.5, 0.5)


def test_a_mark_is_kept_once_and_stays_on_record_when_taken_back(session: Session) -> None:
    first, second = "a" * 32, "b" * 32
    hole = save_intended(session, first, GAP, "the lake", PLANNER)
    assert (hole.grids, hole.area_m2, hole.reason, hole.marked_by) == (
        ["A", "B"],
        12.5,
        "the lake",
        PLANNER.name,
    )
    save_intended(session, second, GAP, "the moor", PLANNER)
    assert [one.lasting_id for one in list_intended(session)] == [second, first]
    with pytest.raises(ConflictError, match="already"):
        save_intended(session, first, GAP, "again", PLANNER)
    take_back_intended(session, first, PLANNER)
    assert list_intended_ids(session) == {second}
    with pytest.raises(NotFoundError):
        take_back_intended(session, first, PLANNER)
    save_intended(session, first, GAP, "after all", PLANNER)
    records = session.execute(
        text("SELECT reason, taken_back_by FROM intended_hole WHERE lasting_id = :one ORDER BY id"),
        {"one": first},
    ).all()
    assert [tuple(record) for record in records] == [("the lake", PLANNER.name), ("after all", None)]


def test_numbers_of_people_in_a_reason_are_not_stored(session: Session) -> None:
    hole = save_intended(session, "c" * 32, GAP, "the lake, ask 13812345678", PLANNER)
    assert hole.reason == "the lake, ask 138****5678"
    assert session.scalar(text("SELECT reason FROM intended_hole")) == hole.reason
