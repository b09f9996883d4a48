from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import orjson
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from gis.cli.oversight.audit import app
from gis.errors import InputError
from gis.files.guarded.heads import heads_file
from gis.identity.actions import Action
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.session import transaction

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from gis.settings import Settings


@pytest.fixture
def patched(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Leads commands to a database and a home of their own; the file of heads there."""
    monkeypatch.setenv("WANGGE_DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return heads_file(tmp_path, (settings.database_url or "").rpartition("/")[2].partition("?")[0])


def say(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, arguments)
    if isinstance(done.exception, InputError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def test_the_log_is_sealed_verified_and_tampering_is_named(
    patched: Path, engine: Engine, tmp_path: Path
) -> None:
    assert "as it was sealed: 0 entries" in say("verify")
    with transaction(engine) as session:
        record(session, Actor("li.na"), Action.JOB_CANCEL, subject=("job", 3), detail={"kind": "check"})
        record(session, Actor("=wang"), Action.HOLE_INTEND, subject=("hole", "a:b"))
    assert "2 wait to be sealed" in say("verify")
    assert "Sealed up to number 2; head " in say("seal")
    assert "Nothing waited" in say("seal")
    assert "as it was sealed: 2 entries in the chain, 1 heads" in say("verify")

    listed = say("list", "--action", "job.cancel")
    assert "job:3" in listed
    assert "hole" not in listed
    assert "No entries." in say("list", "--until", "2020-01-01")
    assert "a:b" in say("list", "--subject", "hole:a:b", "--actor", "=wang", "--since", "2020-01-01T08:00")
    with pytest.raises(InputError, match="event:17"):
        say("list", "--subject", "hole:")

    assert "2 entries in" in say("export", "--out", str(tmp_path / "log.ndjson"))
    lines = [orjson.loads(line) for line in (tmp_path / "log.ndjson").read_bytes().splitlines()]
    assert [(line["number"], line["actor"], line["detail"]) for line in lines] == [
        (1, "li.na", {"kind": "check"}),
        (2, "=wang", {}),
    ]
    say("export", "--out", str(tmp_path / "log.csv"), "--subject", "hole")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "log.csv").read_text(encoding="utf-8-sig")))
    assert (row["number"], row["actor"], row["user_id"], row["detail"]) == ("2", "'=wang", "", "{}")
    assert "audit.export" in say("list")
    with pytest.raises(InputError, match=r"\.ndjson or \.csv"):
        say("export", "--out", str(tmp_path / "log.txt"))

    say("seal")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_entry SET actor = 'nobody' WHERE subject_id = '3'"))
    said = say("verify", code=4)
    assert "NOT AS IT WAS SEALED" in said
    assert "number 1: entry" in said
    patched.unlink()
    assert "no head is known outside the database" in say("verify", code=4)
