"""`wangge event relocate` as its user types it: what it prints, writes, shows meanwhile and refuses."""

from __future__ import annotations

import csv
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from releases import publish_two, report_some

from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

COMMAND = [sys.executable, "-m", "gis.cli.main", "event", "relocate", "--release"]
EVENTS = 400


@pytest.fixture(scope="module")
def environment(module_settings: Settings) -> dict[str, str]:
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        publish_two(session)
        report_some(session, module_settings, EVENTS)
    engine.dispose()
    return os.environ | {"WANGGE_DATABASE_URL": module_settings.database_url or "", "COLUMNS": "200"}


def run(environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def counts(said: str) -> dict[str, int]:
    words = (line.rsplit(maxsplit=1) for line in said.splitlines())
    return {line[0].strip(): int(line[1]) for line in words if len(line) == 2 and line[1].isdecimal()}


def test_what_it_says_and_writes(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "moves.csv"
    dry = run(environment, "2", "--out", str(path))
    assert "Dry run: nothing was changed" in dry
    said = counts(dry)
    assert said["events looked at"] == EVENTS
    assert 0 < said["of these to another community"] <= said["moved to another grid"]
    moves = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    numbers = [int(move["events"]) for move in moves]
    assert sum(numbers) == said["moved to another grid"]
    assert numbers == sorted(numbers, reverse=True)
    assert all(move["old_id"] != move["new_id"] and move["old_code"] != move["new_code"] for move in moves)
    shown = [line for line in dry.splitlines() if line.startswith("320115") and line.split()[-1].isdecimal()]
    assert [line.split() for line in shown] == [
        [move["old_code"], move["new_code"], move["events"]] for move in moves[:20]
    ]
    assert f"and {len(moves) - 20} smaller moves" in dry
    stored = run(environment, "2", "--apply")
    assert (counts(stored), "Saved." in stored) == (said, True)
    again = run(environment, "2", "--apply")
    assert "was relocated before" in again
    assert "no event came since" in again
    assert counts(again) == said


def test_progress_with_total_and_rate(environment: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "1", "--batch", "50"]
    running = subprocess.Popen(
        command, env=environment | {"TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    assert running.wait() == 0
    assert f"{EVENTS}/{EVENTS}".encode() in shown
    assert b"events/s" in shown
    assert b"release 1" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("9",), 3, "no release 9"),
        (("2", "--dask", "local:some"), 2, "dask: 'local:some' names no number of processes; write local:2"),
        (("0",), 2, "--release"),
        (("2", "--batch", "0"), 2, "--batch"),
    ],
)
def test_what_it_refuses(
    environment: dict[str, str], arguments: tuple[str, ...], code: int, words: str
) -> None:
    assert words in run(environment, *arguments, code=code)
