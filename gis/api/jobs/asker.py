"""Who asked for a job, and what that user may do today: roles may have been taken away while it waited."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gis.errors import NotAllowedError
from gis.identity.scopes import scopes_of
from gis.nouns import Actor
from gis.store.identity.grants import list_grants_in_force
from gis.store.identity.users import find_user_named
from gis.store.identity.visible import require_visible
from gis.store.tables import PlanRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.identity.roles import Right
    from gis.settings import Settings
    from gis.store.jobs.queue import Job


def asker_of(session: Session, job: Job, right: Right, settings: Settings) -> Actor:
    """Return who asked for a job, with how far the right it needs reaches today.

    Raises:
        NotAllowedError: That user is disabled or has the right no longer.
        NotFoundError: The plan it is about lies outside what the user sees by now.
    """
    user = find_user_named(session, job.created_by)
    scopes = {}
    if user is not None and user.disabled_at is None:
        today = datetime.now(ZoneInfo(settings.time_zone)).date()
        scopes = scopes_of(list_grants_in_force(session, user.id, today))
    if user is None or right not in scopes:
        raise NotAllowedError(f"{job.created_by}, who asked for this, has the right {right.value} no longer.")
    actor = Actor(user.login, scope=scopes[right], user_id=user.id)
    plan_id = job.parameters.get("plan_id")
    if plan_id is not None:
        require_visible(session, PlanRow, plan_id, actor)
    return actor
