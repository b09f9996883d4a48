from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gis.errors import FileFormatError
from gis.files.guarded.heads import appending, heads_file, read_exported, set_heads_aside
from gis.identity.chain import Anchor, Exported, Head

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 5, 1, 0, 30, 0, 123456, UTC)
HEADS = [Head(number, bytes([number]) * 32, NOW, 700 + number) for number in (3, 9, 10)]
ANCHOR = Anchor(3, bytes([3]) * 32, NOW, "root")


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    path = heads_file(tmp_path, "wangge")
    assert read_exported(path) == Exported()
    with appending(path) as file:
        assert file.newest() == 0
        file.append(HEADS[:2])
        assert file.newest() == 9
        file.append([ANCHOR])
    with appending(path) as file:
        assert file.newest() == 9
        file.append(HEADS[2:])
    assert read_exported(path) == Exported(tuple(HEADS), (ANCHOR,))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_a_power_cut_tore_is_written_again(tmp_path: Path) -> None:
    path = heads_file(tmp_path, "wangge")
    with appending(path) as file:
        file.append(HEADS[:1])
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"last":9,"he')
    assert read_exported(path).heads == (HEADS[0],)
    with appending(path) as file:
        assert file.newest() == 3
        file.append(HEADS[1:])
    assert read_exported(path).heads == tuple(HEADS)


@pytest.mark.parametrize("line", [b"7", b"{}", b'{"last":1}', b'{"anchor":1,"hash":"xx"}', b"\xff"])
def test_a_line_that_is_no_head_is_named(tmp_path: Path, line: bytes) -> None:
    path = heads_file(tmp_path, "wangge")
    with appending(path) as file:
        file.append(HEADS[:1])
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(FileFormatError) as refused:
        read_exported(path)
    assert refused.value.row == 2


def test_heads_of_a_database_that_is_made_anew_are_kept_under_another_name(tmp_path: Path) -> None:
    assert set_heads_aside(tmp_path, "wangge") is None
    with appending(heads_file(tmp_path, "wangge")) as file:
        file.append(HEADS)
    aside = set_heads_aside(tmp_path, "wangge")
    assert aside is not None
    assert read_exported(aside).heads == tuple(HEADS)
    assert read_exported(heads_file(tmp_path, "wangge")) == Exported()
