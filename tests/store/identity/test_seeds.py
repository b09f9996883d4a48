from __future__ import annotations

from typing import TYPE_CHECKING

import people
import pytest

from gis.errors import SetupError
from gis.store.identity.seeds import has_seeds, opened_seed, seal_anew, sealed_seed
from gis.store.identity.users import change_account, get_account
from gis.store.privacy.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OLD, NEW = {"a": b"a" * 32}, {"a": b"a" * 32, "b": b"b" * 32}
SEED = "JBSWY3DPEHPK3PXP"


def test_a_seed_is_bound_to_its_user_and_opened_by_its_key_alone() -> None:
    stored = sealed_seed(Vault(OLD), 7, SEED)
    assert SEED not in stored
    assert opened_seed(Vault(NEW), 7, stored) == SEED
    with pytest.raises(SetupError, match="moved"):
        opened_seed(Vault(OLD), 8, stored)
    with pytest.raises(SetupError, match="key a"):
        opened_seed(Vault({"b": b"b" * 32}), 7, stored)


def test_seeds_follow_to_the_newest_key(session: Session) -> None:
    assert not has_seeds(session)
    user_id = people.make_user(session, "li", [])
    change_account(session, user_id, seed=sealed_seed(Vault(OLD), user_id, SEED))
    assert has_seeds(session)
    assert (seal_anew(session, Vault(NEW)), seal_anew(session, Vault(NEW))) == (1, 0)
    stored = get_account(session, user_id).seed
    assert stored is not None
    assert stored.startswith("b:")
    assert opened_seed(Vault(NEW), user_id, stored) == SEED
