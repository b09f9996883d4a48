"""Gaps that were marked as meant, by their lasting ids: marked once, silent in every later check."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from gis.errors import ConflictError, NotFoundError
from gis.identity.masks import mask_text
from gis.store.checking.tables import IntendedHoleRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Finding


@dataclass(frozen=True, slots=True)
class IntendedHole:
    """A gap that is meant.

    Attributes:
        lasting_id: Of the gap, by `gis.gridding.rules.identity.ids_of`; until its outline or grids change.
        reason: Why it is meant.
        grids: Codes of the grids beside it when it was marked.
        area_m2: Its area then.
        marked_at: When.
        marked_by: By whom.
    """

    lasting_id: str
    reason: str
    grids: list[str]
    area_m2: float
    marked_at: datetime
    marked_by: str


COLUMNS = [IntendedHoleRow.__table__.columns[field.name] for field in fields(IntendedHole)]


def list_intended(session: Session) -> list[IntendedHole]:
    """Return the holes that are meant, newest first."""
    query = select(*COLUMNS).where(IntendedHoleRow.taken_back_at.is_(None))
    return [IntendedHole(*row) for row in session.execute(query.order_by(IntendedHoleRow.id.desc()))]


def list_intended_ids(session: Session) -> frozenset[str]:
    """Return the lasting ids of the holes that are meant."""
    return frozenset(list_intended_reasons(session))


def list_intended_reasons(session: Session) -> dict[str, str]:
    """Return why holes are meant, by lasting id."""
    return {hole.lasting_id: hole.reason for hole in list_intended(session)}


def save_intended(session: Session, lasting_id: str, gap: Finding, reason: str, actor: Actor) -> IntendedHole:
    """Remember that a gap is meant; numbers of people in the reason are masked.

    Raises:
        ConflictError: It is marked already.
    """
    if lasting_id in list_intended_ids(session):
        raise ConflictError(f"The hole {lasting_id} is marked as meant already; take it back first.")
    row = session.execute(
        insert(IntendedHoleRow)
        .values(
            lasting_id=lasting_id,
            reason=mask_text(reason),
            grids=list(gap.grids),
            area_m2=gap.area_m2,
            marked_by=actor.name,
        )
        .returning(*COLUMNS)
    ).one()
    return IntendedHole(*row)


def take_back_intended(session: Session, lasting_id: str, actor: Actor) -> None:
    """Let a hole be a gap again; that it was meant, why and by whom stays on record.

    Raises:
        NotFoundError: It is not marked.
    """
    taken = session.scalar(
        update(IntendedHoleRow)
        .where(IntendedHoleRow.lasting_id == lasting_id, IntendedHoleRow.taken_back_at.is_(None))
        .values(taken_back_at=func.now(), taken_back_by=actor.name)
        .returning(IntendedHoleRow.id)
    )
    if taken is None:
        raise NotFoundError(f"No hole {lasting_id} is marked as meant.")
