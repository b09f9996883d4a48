from __future__ import annotations

import stat
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import people
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from typer.testing import CliRunner

from gis.cli.oversight import key, privacy
from gis.errors import InputError, SetupError
from gis.files.guarded.heads import appending, read_exported
from gis.files.guarded.key_file import read_keys
from gis.identity.actions import Action
from gis.identity.chain import FaultKind
from gis.identity.masks import normal_number
from gis.identity.personal import Person, Subject
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.audit.drop import drop_sealed
from gis.store.audit.record import record
from gis.store.audit.seal import list_heads, seal_entries
from gis.store.audit.verify import verify_chain
from gis.store.identity.failures import OF_LOGIN, count_attempt
from gis.store.privacy.values import count_by_key
from gis.store.session import transaction
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.privacy.keys import key_file, open_vault, rotate_key
from gis.workflows.privacy.people import list_masked, reveal_event, search_reporter
from gis.workflows.privacy.retain import retain
from gis.workflows.privacy.subject import erase_person, export_person, find_held
from gis.workflows.report_events import EventReport, report_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

STAFF = Actor("li.na", user_id=7)
NOW = datetime(2026, 11, 26, tzinfo=UTC)
PHONE, OTHER = "13812340017", "13812340018"


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def report(session: Session, settings: Settings, *reports: dict[str, Any]) -> list[int]:
    made = [
        EventReport(
            x=None,
            y=None,
            crs="wgs84",
            **{
                "source": "hotline",
                "source_id": str(number),
                "category": "rubbish",
                "reported_at": NOW - timedelta(days=10),
            }
            | one,
        )
        for number, one in enumerate(reports)
    ]
    saved = report_events(session, ReleaseIndexes(settings), made, settings, STAFF)
    return [event.id for event in saved]


def test_ended_sessions_and_old_failures_are_forgotten(session: Session, here: Settings) -> None:
    user_id = people.make_user(session, "wang.min", [])
    people.open_session(session, user_id)
    count_attempt(session, OF_LOGIN, "wang.min", datetime.now(UTC))
    for day, left in ((0, (1, 1)), (2, (1, 0)), (40, (0, 0))):
        retain(session, here, STAFF, datetime.now(UTC) + timedelta(days=day), None)
        query = "SELECT (SELECT count(*) FROM user_session), (SELECT count(*) FROM login_failure)"
        assert tuple(session.execute(text(query)).one()) == left, day


def test_reporters_are_forgotten_when_their_time_is_over(session: Session, here: Settings) -> None:
    old, young = report(
        session,
        here,
        {"reporter": Person("王敏", PHONE), "reported_at": NOW - timedelta(days=365, seconds=1)},
        {"reporter": Person("李娜", PHONE), "reported_at": NOW - timedelta(days=365)},
    )
    done = retain(session, here, STAFF, NOW, None)
    assert (done.reporters, done.entries) == (1, 0)
    assert set(list_masked(session, here, Subject.EVENT, [old, young])) == {young}
    assert retain(session, here, STAFF, NOW, None).reporters == 0


def test_old_entries_are_dropped_in_whole_batches_and_the_chain_goes_on(
    session: Session, here: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "heads.ndjson"
    for _ in range(3):
        for _ in range(4):
            record(session, STAFF, Action.JOB_CANCEL)
        seal_entries(session)
    session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
    session.execute(
        text(
            "UPDATE audit_entry SET at = now() - interval '400 days' WHERE id IN "
            "(SELECT entry_id FROM audit_link WHERE number <= 10)"
        )
    )
    session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
    with appending(path) as file:
        file.append(list_heads(session))
    before = len(verify_chain(session, read_exported(path)))  # the test itself has tampered
    assert before == 10
    settings = here.model_copy(update={"audit_days": 399})
    done = retain(session, settings, STAFF, datetime.now(UTC), path)
    assert done.entries == 8
    assert session.scalar(text("SELECT min(number) FROM audit_link")) == 9
    seal_entries(session)
    with appending(path) as file:
        file.append(list_heads(session, after=file.newest()))
    faults = verify_chain(session, read_exported(path))
    assert [fault.number for fault in faults] == [9, 10]  # of the entries that were made older
    without = [fault.kind for fault in verify_chain(session, read_exported(tmp_path / "none"))]
    assert FaultKind.ANCHOR_WRONG in without


def test_entries_that_the_law_wants_kept_are_never_dropped(session: Session) -> None:
    record(session, STAFF, Action.JOB_CANCEL)
    seal_entries(session)
    with pytest.raises(ProgrammingError, match="never changed"):
        drop_sealed(session, 1, STAFF)
    with pytest.raises(ValidationError, match="183"):
        Settings(audit_days=182)


def held_reports() -> list[dict[str, Any]]:
    return [
        {"reporter": Person("王敏", PHONE), "text": f"请回电 138-1234-0017 或 {OTHER}"},
        {"reporter": Person("李娜", OTHER), "text": "x"},
        {"text": f"ask {PHONE}", "attributes": {"callback": PHONE, "order": f"9{PHONE}"}},
    ]


def test_a_person_is_told_all_that_is_held(session: Session, here: Settings) -> None:
    first, second, third = report(session, here, *held_reports())
    told = export_person(session, here, STAFF, "+86 138 1234 0017\n")
    assert [event["id"] for event in told["reported_events"]] == [first]
    assert told["reported_events"][0]["reporter"] == {"name": "王敏", "phone": PHONE}
    assert [event["id"] for event in told["mentioned_in_events"]] == [first, third]
    assert told["worker"] == []
    assert str(second) not in orjson.dumps(told).decode().split('"id":')[1:2]
    for bad in ("", "138", "王敏", "13812340017 13812340018", "' OR 1=1"):
        with pytest.raises(InputError, match="give one phone"):
            find_held(session, here, bad)


def test_a_person_is_erased_and_nobody_else(session: Session, here: Settings) -> None:
    first, second, third = report(session, here, *held_reports())
    held = erase_person(session, here, STAFF, PHONE)
    assert held.counts() == {"reported": 1, "workers": 0, "mentioned": 2}
    assert find_held(session, here, PHONE).counts() == {"reported": 0, "workers": 0, "mentioned": 0}
    assert set(list_masked(session, here, Subject.EVENT, [first, second, third])) == {second}
    texts = dict(session.execute(text("SELECT id, text FROM event")).all())
    assert texts[first] == f"请回电 138****0017 或 {OTHER}"
    attributes = session.scalar(text("SELECT attributes FROM event WHERE id = :id"), {"id": third})
    assert attributes == {"callback": "138****0017", "order": f"9{PHONE}"}
    audit = session.scalar(text("SELECT string_agg(t::text, ' ') FROM audit_entry AS t"))
    assert "personal.erase" in audit
    assert PHONE not in audit


WRITTEN: list[dict[str, Any]] = [
    {"attributes": {"tel": 13812340017, "ours": {"list": [1, 13812340017.0]}}},
    {"attributes": {"13812340017": "x"}},
    {"text": "+8613812340017"},
    {"text": "86 138-1234-0017"},
    {"text": "１３８１２３４００１７"},
    {"category": f"call {PHONE}"},
    {"source": PHONE},
    {"source_id": PHONE},
    {"source_id": f"+86{PHONE}"},  # falls together with the one before, once both are masked
]


def test_a_number_is_found_and_masked_wherever_and_however_it_was_written(
    session: Session, here: Settings
) -> None:
    ids = report(session, here, *WRITTEN, {"source_id": "138****0017"}, {"attributes": {"order": int(OTHER)}})
    told = export_person(session, here, STAFF, PHONE)
    assert [event["id"] for event in told["mentioned_in_events"]] == ids[:-2]
    held = erase_person(session, here, STAFF, PHONE)
    assert held.mentioned == ids[:-2]
    assert find_held(session, here, PHONE).mentioned == []
    stored = session.execute(text("SELECT source, source_id, attributes FROM event ORDER BY id")).all()
    assert stored[0].attributes == {"tel": "138****0017", "ours": {"list": [1, "138****0017"]}}
    assert stored[1].attributes == {"138****0017": "x"}
    assert stored[6].source == "138****0017"
    assert len({row.source_id for row in stored}) == len(stored)
    assert stored[-1].attributes == {"order": int(OTHER)}
    assert PHONE not in normal_number(str(stored))


def test_keys_are_changed_and_everything_is_still_found_and_read(engine: Engine, here: Settings) -> None:
    with transaction(engine) as session:
        ids = report(session, here, *held_reports())
        old = open_vault(session, here).newest
        assert count_by_key(session) == {old: 4}

    @contextmanager
    def opened() -> Iterator[Session]:
        with transaction(engine) as session:
            yield session

    new, count = rotate_key(opened, here, STAFF)
    assert count == 4
    assert list(read_keys(key_file(here))) == [old, new]
    with transaction(engine) as session:
        assert count_by_key(session) == {new: 4}
        assert search_reporter(session, here, STAFF, PHONE, "to see") == [ids[0]]
        person, event = reveal_event(session, here, STAFF, ids[0], "to see")
        assert person == Person("王敏", PHONE)
        assert event.text == f"请回电 138-1234-0017 或 {OTHER}"


def test_a_lost_key_file_is_never_replaced_silently(session: Session, here: Settings) -> None:
    ids = report(session, here, *held_reports())
    key_file(here).unlink()
    with pytest.raises(SetupError, match="put the file back"):
        list_masked(session, here, Subject.EVENT, ids)
    with pytest.raises(SetupError, match="put the file back"):
        open_vault(session, here.model_copy(update={"key_file": here.home / "mine"}))


def test_the_commands_say_what_they_would_do_and_do_it(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WANGGE_DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def say(app: Any, *arguments: str, given: str | None = None) -> str:
        done = CliRunner().invoke(app, arguments, input=given)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    assert "Made" in say(key.app, "make")
    with transaction(engine) as session:
        report(session, Settings(), *held_reports())
    assert "4 values would be" in say(key.app, "rotate")
    assert "4 values are encrypted" in say(key.app, "rotate", "--apply")
    assert "MISSING" not in say(key.app, "show")
    assert "Dry run" in say(privacy.app, "retain")
    asked = tmp_path / "number.txt"
    asked.write_text(PHONE)
    told = tmp_path / "told.json"
    assert "1 reported events" in say(privacy.app, "export", "--phone-file", str(asked), "--out", str(told))
    assert stat.S_IMODE(told.stat().st_mode) == 0o600
    assert "王敏" in told.read_text()
    said = say(privacy.app, "erase", given=PHONE)
    assert "Dry run" in said
    assert "six months" in said
    assert PHONE not in said
    assert "Erased." in say(privacy.app, "erase", "--apply", given=PHONE)
    assert "Deleted." in say(privacy.app, "retain", "--apply")
    with transaction(engine) as session:
        assert find_held(session, Settings(), PHONE).reported == []
