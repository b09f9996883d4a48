"""Releases: publishing a plan, and asking for the state of a day."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from gis.errors import ConflictError, NotFoundError
from gis.identity.masks import mask_text
from gis.nouns import Actor, AreaLevel, Plan, PlanStatus, Release
from gis.store.sql import statement
from gis.store.tables import PlanRow, ReleaseRow

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from gis.nouns import Check

# Publishing is one at a time for the whole database: release numbers leave no gap.
PUBLISH_LOCK = 2
# Whether rights have changed, and what tells the newest release from every other, in one round trip.
STATE = """
SELECT (SELECT number FROM identity_change), newest.number, newest.sha256, newest.published_at
FROM (SELECT) AS always
LEFT JOIN (SELECT number, sha256, published_at FROM release ORDER BY number DESC LIMIT 1) AS newest ON true
"""
RELEASE_COLUMNS = [ReleaseRow.__table__.columns[field.name] for field in fields(Release)]


def list_releases(session: Session) -> list[Release]:
    """Return all releases, newest first."""
    rows = session.execute(select(*RELEASE_COLUMNS).order_by(ReleaseRow.number.desc()))
    return [Release(**row._mapping) for row in rows]  # noqa: SLF001 - the documented way to a row's names


def mark_of(release: Release) -> tuple[Any, ...]:
    """Return the mark that `STATE` gives while this release is the newest."""
    return release.number, release.sha256, release.published_at


def get_release(session: Session, number: int) -> Release:
    """Return a release, or raise NotFoundError."""
    release = next((release for release in list_releases(session) if release.number == number), None)
    if release is None:
        raise NotFoundError(
            f"There is no release {number}; `wangge release list` shows the releases there are."
        )
    return release


def find_release_on(session: Session, day: date) -> Release | None:
    """Return the release in force on a day, or None before the first."""
    return next((release for release in list_releases(session) if release.effective_from <= day), None)


def publish_plan(
    session: Session, plan: Plan, check: Check, effective_from: date, actor: Actor, accept_reason: str | None
) -> Release:
    """Make the plan the next release: close what it changes, insert what it brings, seal the whole state.

    The caller has decided that the plan may be published and holds it (`gis.store.plans.lock_draft`).

    Args:
        session: The open transaction; all of it happens there or nothing.
        plan: A draft over the newest release.
        check: The check of this very state of the plan.
        effective_from: First day of the release; later than the release before.
        actor: Who publishes.
        accept_reason: Why the check's errors are accepted, if it has any.

    Raises:
        ConflictError: Another release was published since the plan was made, or the day is not later.
    """
    session.execute(select(func.pg_advisory_xact_lock(PUBLISH_LOCK, 0)))
    number = require_next_number(session, plan, effective_from)
    session.execute(
        insert(ReleaseRow).values(
            number=number,
            title=plan.title,
            effective_from=effective_from,
            published_by=actor.name,
            plan_id=plan.id,
            check_id=check.id,
            sha256="",
            area_count=0,
            grid_count=0,
            accepted_findings=check.errors,
            accept_reason=None if accept_reason is None else mask_text(accept_reason),
        )
    )
    values = {"plan_id": plan.id, "number": number, "day": effective_from}
    session.execute(statement("publish_match_areas"), values)
    session.execute(statement("publish_close_areas"), values)
    for level in AreaLevel:  # widest first: a child finds its parent already there
        session.execute(statement("publish_insert_areas"), values | {"level": level.value})
    session.execute(statement("publish_match_grids"), values)
    session.execute(statement("publish_close_grids"), values)
    session.execute(statement("publish_insert_grids"), values)
    session.execute(statement("publish_seal"), values)
    session.execute(update(PlanRow).where(PlanRow.id == plan.id).values(status=PlanStatus.PUBLISHED.value))
    return get_release(session, number)


def require_next_number(session: Session, plan: Plan, effective_from: date) -> int:
    """Return the number the plan's release gets, or say why it cannot be the next one."""
    newest = next(iter(list_releases(session)), None)
    if newest is None:
        return 1
    if plan.base_release != newest.number:
        raise ConflictError(
            f"Plan {plan.id} was made over release {plan.base_release}, but release {newest.number} was "
            "published since; make a new plan over it and import the changes again."
        )
    if effective_from <= newest.effective_from:
        raise ConflictError(
            f"Release {newest.number} takes effect on {newest.effective_from}; the next one must take "
            "effect on a later day."
        )
    return newest.number + 1
