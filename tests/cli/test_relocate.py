"""`wangge event relocate` as its user types it: what it prints, writes, shows meanwhile and refuses."""

from __future__ import annotations

import csv
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest
from commands import WANGGE, environment, wangge
from releases import publish_two, report_some

from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

EVENTS = 400


@pytest.fixture(scope="module")
def reported(module_settings: Settings) -> Settings:
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        publish_two(session)
        report_some(session, module_settings, EVENTS)
    engine.dispose()
    return module_settings


def relocate(settings: Settings, *arguments: str, code: int = 0) -> str:
    return wangge(settings, "event", "relocate", "--release", *arguments, code=code)


def counts(said: str) -> dict[str, int]:
    words = (line.rsplit(maxsplit=1) for line in said.splitlines())
    return {line[0].strip(): int(line[1]) for line in words if len(line) == 2 and line[1].isdecimal()}


def test_what_it_says_and_writes(reported: Settings, tmp_path: Path) -> None:
    path = tmp_path / "moves.csv"
    dry = relocate(reported, "2", "--out", str(path))
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
    stored = relocate(reported, "2", "--apply")
    assert (counts(stored), "Saved." in stored) == (said, True)
    again = relocate(reported, "2", "--apply")
    assert "was relocated before" in again
    assert "no event came since" in again
    assert counts(again) == said


def test_progress_with_total_and_rate(reported: Settings) -> None:
    ours, theirs = pty.openpty()
    command = [*WANGGE, "event", "relocate", "--release", "1", "--batch", "50"]
    running = subprocess.Popen(
        command, env=environment(reported, TERM="xterm"), stdout=subprocess.DEVNULL, stderr=theirs
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
def test_what_it_refuses(reported: Settings, arguments: tuple[str, ...], code: int, words: str) -> None:
    assert words in relocate(reported, *arguments, code=code)
