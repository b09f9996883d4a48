"""The keys of personal data: opened for use, and changed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gis.errors import ConflictError
from gis.files.guarded.key_file import add_key, make_keys, read_keys
from gis.identity.actions import Action
from gis.store.audit.record import record
from gis.store.identity.seeds import has_seeds, seal_anew
from gis.store.privacy.values import encrypt_anew, has_people
from gis.store.privacy.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings

ROWS_AT_ONCE = 1_000


def key_file(settings: Settings) -> Path:
    """Return where the keys are."""
    return settings.key_file or settings.home / "keys" / "personal.keys"


def open_vault(session: Session, settings: Settings) -> Vault:
    """Return the vault of the keys as they are now.

    1. The file is read each time, so a new key is used at once by every process.
    2. Where no file is named and nothing is stored under a key yet, a file with a new key is made.

    Raises:
        SetupError: There is no key file, or it cannot be used.
    """
    path = key_file(settings)
    if settings.key_file is None and not path.exists() and not is_used(session):
        with suppress(ConflictError):  # another process was faster, and its key is as good
            make_keys(path)
    return Vault(read_keys(path))


def is_used(session: Session) -> bool:
    """Whether anything is stored that only the keys open."""
    return has_people(session) or has_seeds(session)


def rotate_key(
    open_transaction: Callable[[], AbstractContextManager[Session]],
    settings: Settings,
    actor: Actor,
    on_progress: Callable[[int], None] = lambda _: None,
) -> tuple[str, int]:
    """Add a new key, and encrypt all personal data under it; the old keys stay in the file.

    A run that is killed is finished by the next one: values of older keys are looked for, not counted.

    Args:
        open_transaction: Opens one transaction after another.
        settings: Say where the keys are.
        actor: Who does it.
        on_progress: Told how many values were encrypted anew.

    Returns:
        The id of the new key, and how many values there were.
    """
    key_id = add_key(key_file(settings))
    vault = Vault(read_keys(key_file(settings)))
    count = 0
    while True:
        with open_transaction() as session:
            done = encrypt_anew(session, vault, ROWS_AT_ONCE) + seal_anew(session, vault)
        if not done:
            break
        count += done
        on_progress(done)
    with open_transaction() as session:
        record(session, actor, Action.KEY_ROTATE, subject=("key", key_id), detail={"values": count})
    return key_id, count
