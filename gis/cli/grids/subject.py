"""Which plan or release a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.store.plans import find_open_plan, get_plan
from gis.store.releases import get_release, list_releases

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.nouns import Plan, Release


def subject_of(session: Session, plan: int | None, release: int | None) -> Plan | Release:
    """Return the release or plan named, else the open plan, else the newest release.

    Raises:
        NotFoundError: There is no such plan or release.
    """
    if release is not None:
        return get_release(session, release)
    if plan is not None:
        return get_plan(session, plan)
    releases = list_releases(session)
    return find_open_plan(session) or get_release(session, releases[0].number if releases else 0)
