"""Seeds of one-time codes, encrypted like personal data: whoever has the database alone makes no code."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gis.store.identity.tables import UserRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.store.privacy.vault import Vault


def sealed_seed(vault: Vault, user_id: int, seed: str) -> str:
    """Return a seed as it is stored: the id of the key, and the encrypted text bound to its user."""
    return f"{vault.newest}:{b64encode(vault.encrypt(seed, place_of(user_id))).decode()}"


def opened_seed(vault: Vault, user_id: int, stored: str) -> str:
    """Return the seed that is stored.

    Raises:
        SetupError: Its key is not here, or it was changed or belongs to another user.
    """
    key_id, _, value = stored.partition(":")
    return vault.decrypt(b64decode(value), place_of(user_id), key_id)


def seal_anew(session: Session, vault: Vault) -> int:
    """Encrypt seeds of older keys under the newest one; return how many there were."""
    query = select(UserRow.id, UserRow.seed).where(UserRow.seed.is_not(None)).with_for_update()
    stored = {user_id: seed or "" for user_id, seed in session.execute(query)}
    old = {user_id: seed for user_id, seed in stored.items() if not seed.startswith(f"{vault.newest}:")}
    for user_id, seed in old.items():
        sealed = sealed_seed(vault, user_id, opened_seed(vault, user_id, seed))
        session.execute(update(UserRow).where(UserRow.id == user_id).values(seed=sealed))
    return len(old)


def has_seeds(session: Session) -> bool:
    """Whether any seed is stored."""
    return session.scalar(select(UserRow.id).where(UserRow.seed.is_not(None)).limit(1)) is not None


def place_of(user_id: int) -> str:
    """Return the place a seed is bound to."""
    return f"user_account.seed of user {user_id}"
