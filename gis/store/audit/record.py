"""Write an entry into the audit log, in the transaction of what it tells of: both are stored, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from gis.identity.masks import mask_text
from gis.logs import request_id
from gis.store.audit.tables import AuditEntryRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from gis.identity.actions import Action
    from gis.nouns import Actor


def record(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    subject: tuple[str, int | str] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Record that somebody does something.

    Args:
        session: The transaction it is done in.
        actor: Who does it.
        action: What is done.
        subject: What it is done to, as kind and id.
        detail: Further facts, as JSON; never personal data, a password or a token. Numbers and addresses
            that somebody wrote into a reason are masked.
    """
    kind, key = (None, None) if subject is None else (subject[0], str(subject[1]))
    session.execute(
        insert(AuditEntryRow).values(
            actor=actor.name,
            user_id=actor.user_id,
            session_id=actor.session_id,
            address=actor.address,
            request=request_id.get() or None,
            action=action.value,
            subject_kind=kind,
            subject_id=key,
            detail=_masked(detail or {}),
        )
    )


def _masked(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {name: mask_text(value) if isinstance(value, str) else value for name, value in detail.items()}
