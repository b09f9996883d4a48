"""`wangge database ...` on a private server of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from gis.cli.database import app
from gis.errors import SetupError
from gis.store.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wg-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.delenv("WANGGE_DATABASE_URL", raising=False)
    monkeypatch.setenv("WANGGE_HOME", str(folder / "home"))
    yield folder / "home"
    Cluster(folder / "home").stop()
    shutil.rmtree(folder)


def say(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_life_of_the_private_database(home: Path) -> None:
    assert "missing" in say("status")
    assert not home.exists()
    assert "running" in say("start")
    assert "Upgraded from None" in say("upgrade")
    assert "up to date" in say("upgrade")
    engine = create_engine(Cluster(home).url("wangge"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes AS SELECT generate_series(1, 3) AS id"))

    dry = say("reset")
    assert "would delete" in dry
    assert "3  notes" in dry
    assert Cluster(home).contents("wangge")["notes"] == 3

    # an open session does not keep the database from being deleted
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        done = say("reset", "--apply")
        connection.invalidate()
    engine.dispose()
    assert "3  notes" in done
    assert "Upgraded from None" in done
    assert "notes" not in Cluster(home).contents("wangge")

    assert say("stop") == "Stopped.\n"
    assert say("stop") == "It was not running.\n"
    assert "stopped" in say("status")


@pytest.mark.parametrize("command", [["start"], ["stop"], ["reset", "--apply"]])
def test_a_server_of_ones_own_is_left_alone(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://wangge:secret@db.example/wangge")
    with pytest.raises(SetupError, match="not ours to start, stop or delete"):
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert "private server is not used" in say("status")
