"""Publish a checked plan as the next release."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gis.errors import CheckFailedError, ConflictError
from gis.identity.actions import Action
from gis.nouns import FindingKind
from gis.store.audit.record import record
from gis.store.checks import find_newest_check
from gis.store.events import EventFilter, count_events
from gis.store.plans import lock_draft
from gis.store.releases import list_releases, publish_plan
from gis.workflows.identity.branch import require_inside_branch

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Check, Plan, Release
    from gis.settings import Settings


def publish_release(
    session: Session,
    plan_id: int,
    effective_from: date,
    settings: Settings,
    actor: Actor,
    accept_reason: str | None = None,
) -> Release:
    """Make a plan the next release, if its newest check allows it.

    1. The newest check must have seen the plan as it is now.
    2. Its errors must be none, or accepted with a reason that is kept with the release. Repeated codes
       are never accepted: two grids of one code cannot both be in force.
    3. The release must not change what stored events were told: no event may have been reported on or
       after its first day, unless it is the first release.

    Args:
        session: The open transaction; it is all done there or nothing.
        plan_id: A draft.
        effective_from: First day of the release, in the district's time zone.
        settings: Give the time zone.
        actor: Who publishes.
        accept_reason: Why the check's errors are accepted.

    Raises:
        NotFoundError: There is no such plan.
        CheckFailedError: Rule 1 or 2.
        ConflictError: Rule 3, the plan is published already, or another release came between.
    """
    plan = lock_draft(session, plan_id)
    check = require_publishable(plan, find_newest_check(session, plan_id=plan.id), accept_reason)
    require_inside_branch(session, plan.id)
    require_answers_stand(session, effective_from, settings)
    reason = accept_reason if check.errors else None
    release = publish_plan(session, plan, check, effective_from, actor, reason)
    detail = {
        "plan": plan.id,
        "effective_from": effective_from.isoformat(),
        "sha256": release.sha256,
        "accepted_findings": release.accepted_findings,
        "reason": reason,
    }
    record(session, actor, Action.RELEASE_PUBLISH, subject=("release", release.number), detail=detail)
    return release


def require_publishable(plan: Plan, check: Check | None, accept_reason: str | None) -> Check:
    """Return the check that allows the plan to be published, or raise CheckFailedError."""
    if plan.area_count + plan.grid_count == 0:
        raise CheckFailedError(f"Plan {plan.id} changes nothing; import areas or grids into it first.")
    if check is None or check.change_number != plan.change_number:
        raise CheckFailedError(
            f"Plan {plan.id} has {'no check yet' if check is None else 'changed since its last check'}; "
            f"run `wangge grid check --plan {plan.id}` first."
        )
    if repeated := check.counts.get(FindingKind.DUPLICATE_CODE):
        raise CheckFailedError(
            f"Check {check.id} found {repeated} repeated codes; two grids of one code cannot both be in "
            "force, so this cannot be accepted: give each grid its own code."
        )
    if check.errors and not accept_reason:
        raise CheckFailedError(
            f"Check {check.id} found {check.errors} errors; mend them, or accept them with a reason "
            "(--accept-findings REASON), which is kept with the release."
        )
    return check


def require_answers_stand(session: Session, effective_from: date, settings: Settings) -> None:
    """Raise ConflictError if events were already answered from the release this one would replace."""
    if not list_releases(session):
        return
    first_moment = datetime.combine(effective_from, time(), ZoneInfo(settings.time_zone))
    reported = count_events(session, EventFilter(since=first_moment, is_unlocated=False))
    if reported:
        raise ConflictError(
            f"{reported} events reported on or after {effective_from} were answered from the release in "
            "force then; choose a later first day."
        )
