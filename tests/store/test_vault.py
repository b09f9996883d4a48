from __future__ import annotations

import base64
import stat
from typing import TYPE_CHECKING

import pytest

from gis.errors import ConflictError, SetupError
from gis.files.guarded.key_file import add_key, make_keys, read_keys
from gis.store.privacy.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def test_what_is_encrypted_is_read_back_at_its_place_alone() -> None:
    vault = Vault({"a": OLD})
    value = vault.encrypt("13812345678", "phone of event 1")
    assert b"138" not in value
    assert value != vault.encrypt("13812345678", "phone of event 1")
    assert vault.decrypt(value, "phone of event 1", "a") == "13812345678"
    for place in ("phone of event 2", "name of event 1", ""):
        with pytest.raises(SetupError, match="changed or moved"):
            vault.decrypt(value, place, "a")
    with pytest.raises(SetupError, match="changed or moved"):
        vault.decrypt(value[:-1] + bytes([value[-1] ^ 1]), "phone of event 1", "a")


def test_old_keys_still_read_and_new_values_take_the_newest() -> None:
    old, both = Vault({"a": OLD}), Vault({"a": OLD, "b": NEW})
    value = old.encrypt("王小明", "here")
    assert both.newest == "b"
    assert both.decrypt(value, "here", "a") == "王小明"
    with pytest.raises(SetupError, match="the key b, which"):
        old.decrypt(both.encrypt("王小明", "here"), "here", "b")
    with pytest.raises(SetupError, match="another key of this id"):
        Vault({"a": NEW}).decrypt(value, "here", "a")


def test_a_number_is_found_however_it_is_written_and_only_with_the_key() -> None:
    old, both = Vault({"a": OLD}), Vault({"a": OLD, "b": NEW})
    assert old.index("+86 138-1234-5678") == old.index("13812345678")
    assert old.index("13812345678") != old.index("13812345679")
    assert old.index("13812345678") in both.indexes("138 1234 5678")
    assert Vault({"a": NEW}).index("13812345678") != old.index("13812345678")


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "personal.keys"
    first = make_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConflictError, match="already"):
        make_keys(path)
    second = add_key(path)
    keys = read_keys(path)
    assert list(keys) == [first, second]
    assert {len(key) for key in keys.values()} == {32}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["personal.keys"]


@pytest.mark.parametrize("text", ["", "a", "a xx!", "a " + base64.b64encode(b"short").decode(), "钥匙"])
def test_a_file_that_holds_no_key_is_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    with pytest.raises(SetupError, match="wangge key make"):
        read_keys(path)
    path.write_text(text)
    with pytest.raises(SetupError, match=r"holds no key|cannot be read"):
        read_keys(path)
