from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Event
from typing import TYPE_CHECKING, cast

import pytest
from districts import make_district

from gis.gridding.locate import GridIndex
from gis.nouns import Release
from gis.settings import Settings
from gis.workflows import locate_point
from gis.workflows.locate_point import ReleaseIndexes

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

RELEASE = Release(3, "", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), "planner", "5f2a", 3, 5)
UNUSED = cast("Session", None)


def test_tests_keep_their_indexes_apart(installed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    built = GridIndex.build(*make_district(2, seed=7))
    monkeypatch.setattr(locate_point, "build_index", lambda _session, _release: built)
    folders = [settings.home.resolve() / "indexes" for settings in (installed, Settings())]
    before = [set(folder.glob("*.index")) for folder in folders]
    ReleaseIndexes(Settings()).of(UNUSED, RELEASE)
    made = [len(set(folder.glob("*.index")) - files) for folder, files in zip(folders, before, strict=True)]
    assert made == [0, 1]


class BrokenError(Exception):
    """Stands for whatever stops a build."""


def test_one_who_waits_for_a_build_that_fails_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = GridIndex.build(*make_district(4, seed=7))
    begun, may_fail = Event(), Event()
    calls = []

    def build(_session: Session, release: Release) -> GridIndex:
        calls.append(release)
        if len(calls) == 1:
            begun.set()
            may_fail.wait()
            raise BrokenError
        return built

    monkeypatch.setattr(locate_point, "build_index", build)
    indexes = ReleaseIndexes(Settings(home=tmp_path))
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(indexes.of, UNUSED, RELEASE)
        begun.wait()
        others = [threads.submit(indexes.of, UNUSED, RELEASE) for _ in range(2)]
        may_fail.set()
        with pytest.raises(BrokenError):
            first.result(timeout=30)
        found = [other.result(timeout=30) for other in others]
    assert indexes.known(RELEASE) in found
    assert all(len(one.index.grid_labels) == len(built.grid_labels) for one in found)


def test_builds_that_fail_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_session: Session, _release: Release) -> GridIndex:
        raise BrokenError

    monkeypatch.setattr(locate_point, "build_index", fail)
    indexes = ReleaseIndexes(Settings(home=tmp_path))
    for _ in range(2):
        with pytest.raises(BrokenError):
            indexes.of(UNUSED, RELEASE)
    assert indexes.known(RELEASE) is None
    assert not indexes._building  # noqa: SLF001 - what is left behind shows nowhere else
