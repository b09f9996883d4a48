"""Relocation against the SQL oracle, killed and gone on with, dry and on a cluster of two processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from commands import WANGGE, environment, wangge
from releases import PLANNER, publish_two, report_some
from sqlalchemy import text

from gis.errors import ConflictError, InputError, NotFoundError, SetupError
from gis.nouns import Chain
from gis.store.bulk.relocations import find_relocation
from gis.store.grids import list_grids
from gis.store.places import locate_in_postgis
from gis.store.releases import get_release
from gis.store.session import transaction
from gis.workflows.relocate_events import RelocationReport, RelocationRequest, relocate_events
from gis.workflows.relocating import find as find_module
from gis.workflows.relocating.find import find_places, load_index, open_client, open_finder, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from gis.settings import Settings

EVENTS, BATCH = 800, 150
RELOCATE = ("event", "relocate", "--release", "2", "--apply")
KINDS = ("unchanged", "moved", "located", "lost", "otherwise")


@pytest.fixture
def reported(engine: Engine, settings: Settings) -> Engine:
    with transaction(engine) as session:
        publish_two(session)
        report_some(session, settings, EVENTS)
    return engine


def relocate(engine: Engine, settings: Settings, release: int = 2, **options: Any) -> RelocationReport:
    request = RelocationRequest(release, **{"apply": True, "batch_events": BATCH, **options})
    return relocate_events(partial(transaction, engine), request, settings, PLANNER)


def places(engine: Engine) -> list[tuple[Any, ...]]:
    with transaction(engine) as session:
        rows = session.execute(text("SELECT * FROM event_place ORDER BY release, event_id"))
        return [tuple(row) for row in rows]


def events(engine: Engine) -> list[tuple[Any, ...]]:
    with transaction(engine) as session:
        return [tuple(row) for row in session.execute(text("SELECT * FROM event ORDER BY id"))]


def require_right_places(session: Session, release: int) -> None:
    """Hold every stored place against what PostGIS finds for the event's point."""
    rows = session.execute(
        text(
            "SELECT p.*, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat"
            " FROM event e LEFT JOIN event_place p ON p.event_id = e.id AND p.release = :release"
            " ORDER BY e.id"
        ),
        {"release": release},
    ).all()
    nan = float("nan")
    lon, lat = (
        [nan if v is None else v for v in (getattr(row, name) for row in rows)] for name in ("lon", "lat")
    )
    stored = [
        Chain(r.natural_id, r.dedicated_id, tuple(r.special_ids), r.community_id, r.street_id, r.district_id)
        for r in rows
    ]
    assert stored == locate_in_postgis(session, lon, lat, release)
    for row, chain in zip(rows, stored, strict=True):
        # the nearest grid is said of those in none, where there is a point
        assert (row.nearest_id is not None) == (chain.answers is None and row.lon is not None)


def test_places_are_those_of_the_oracle_and_the_events_stay(reported: Engine, settings: Settings) -> None:
    before = events(reported)
    seen: list[tuple[int, int]] = []
    request = RelocationRequest(2, apply=True, batch_events=BATCH)
    report = relocate_events(
        partial(transaction, reported), request, settings, PLANNER, lambda *step: seen.append(step)
    )
    with transaction(reported) as session:
        require_right_places(session, 2)
    assert events(reported) == before
    counts = report.changes.counts
    assert counts["events"] == report.done == EVENTS == sum(counts[kind] for kind in KINDS)
    assert all(counts[kind] for kind in (*KINDS, "other_community", "other_street", "without_point"))
    assert sum(report.changes.moves.values()) == counts["moved"]
    assert seen[0] == (0, EVENTS)
    assert [size for size, _ in seen[1:]] == [BATCH] * 5 + [50, 0]
    assert {of for _, of in seen} == {EVENTS}


def test_counts_are_what_sql_counts(reported: Engine, settings: Settings) -> None:
    counts = relocate(reported, settings).changes.counts
    with transaction(reported) as session:
        row = session.execute(
            text(
                """
                SELECT count(*) FILTER (WHERE a <> b) AS moved,
                       count(*) FILTER (WHERE a <> b AND e_street <> p_street) AS other_street,
                       count(*) FILTER (WHERE a IS NULL AND b IS NOT NULL) AS located,
                       count(*) FILTER (WHERE a IS NOT NULL AND b IS NULL) AS lost,
                       count(*) FILTER (WHERE same) AS unchanged
                FROM (SELECT COALESCE(e.dedicated_id, e.natural_id) AS a,
                             COALESCE(p.dedicated_id, p.natural_id) AS b,
                             e.street_id AS e_street, p.street_id AS p_street,
                             (e.natural_id, e.dedicated_id, e.special_ids, e.community_id, e.street_id,
                              e.district_id) IS NOT DISTINCT FROM
                             (p.natural_id, p.dedicated_id, p.special_ids, p.community_id, p.street_id,
                              p.district_id) AS same
                      FROM event e JOIN event_place p ON p.event_id = e.id) compared
                """
            )
        ).one()
    assert tuple(counts[name] for name in row._fields) == tuple(row)


def test_into_its_own_release_nothing_changes(reported: Engine, settings: Settings) -> None:
    counts = relocate(reported, settings, release=1).changes.counts
    # but those that were reported before there was a release
    assert counts["unchanged"] + counts["located"] + counts["otherwise"] == EVENTS
    with transaction(reported) as session:
        differing = session.scalar(
            text(
                "SELECT count(*) FROM event e JOIN event_place p ON p.event_id = e.id WHERE e.release = 1 AND"
                " (e.near_boundary, e.nearest_id, e.nearest_m) IS DISTINCT FROM"
                " (p.near_boundary, p.nearest_id, p.nearest_m)"
            )
        )
        early = session.scalar(text("SELECT count(*) FROM event WHERE release IS NULL AND geom IS NOT NULL"))
    assert differing == 0
    assert counts["located"] + counts["otherwise"] <= early


def test_a_dry_run_counts_the_same_and_stores_nothing(reported: Engine, settings: Settings) -> None:
    dry = relocate(reported, settings, apply=False)
    assert places(reported) == []
    with transaction(reported) as session:
        assert find_relocation(session, 2) is None
    assert relocate(reported, settings).changes == dry.changes


def test_the_size_of_batches_changes_nothing(reported: Engine, settings: Settings) -> None:
    with transaction(reported) as session:
        session.execute(text("DELETE FROM event WHERE id > 100"))
    whole = relocate(reported, settings)
    stored = places(reported)
    for batch in (1, 7, 100, 10 * EVENTS):
        again = relocate(reported, settings, batch_events=batch, again=True)
        assert (again.changes, places(reported)) == (whole.changes, stored)
        assert again.before is None


def test_a_finished_relocation_says_so_and_takes_what_came_since(
    reported: Engine, settings: Settings
) -> None:
    first = relocate(reported, settings)
    second = relocate(reported, settings)
    assert second.before is not None
    assert second.before.finished_at is not None
    assert (second.done, second.changes) == (0, first.changes)
    with transaction(reported) as session:
        report_some(session, settings, 100, seed=6)
    third = relocate(reported, settings)
    assert (third.done, third.changes.counts["events"]) == (100, EVENTS + 100)
    with transaction(reported) as session:
        require_right_places(session, 2)
        done = find_relocation(session, 2)
    assert done is not None
    assert done.finished_at is not None


def test_an_event_that_appears_behind_the_run_is_found(reported: Engine, settings: Settings) -> None:
    """Ids are given out before transactions end: here one ends while a later id is already done."""
    with transaction(reported) as late:
        report_some(late, settings, 3, seed=8)
        with transaction(reported) as quick:
            report_some(quick, settings, 3, seed=9)
        assert relocate(reported, settings).done == EVENTS + 3
    report = relocate(reported, settings)
    assert (report.done, report.changes.counts["events"]) == (3, EVENTS + 6)
    with transaction(reported) as session:
        require_right_places(session, 2)


class Killed(Exception):  # noqa: N818 - stands for a signal
    pass


def test_a_batch_that_fails_is_as_if_it_never_was(reported: Engine, settings: Settings) -> None:
    opened = 0

    @contextmanager
    def failing() -> Iterator[Session]:
        nonlocal opened
        opened += 1
        with transaction(reported) as session:
            yield session
            if opened == 4:  # all is written and nothing committed
                raise Killed

    request = RelocationRequest(2, apply=True, batch_events=BATCH)
    with pytest.raises(Killed):
        relocate_events(failing, request, settings, PLANNER)
    assert len(places(reported)) == 2 * BATCH
    report = relocate(reported, settings)
    assert report.before is not None
    assert (report.before.last_event_id, report.before.finished_at) == (
        places(reported)[2 * BATCH - 1][1],
        None,
    )
    assert report.done == EVENTS - 2 * BATCH
    assert report.changes == relocate(reported, settings, apply=False).changes


def test_a_killed_run_goes_on_where_it_was(reported: Engine, settings: Settings) -> None:
    started = subprocess.Popen(
        [*WANGGE, *RELOCATE, "--batch", "4"], env=environment(settings), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while len(places(reported)) < 100 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(started.pid, signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL
    done = len(places(reported))
    assert 100 <= done < EVENTS  # in the middle
    with transaction(reported) as session:
        killed = find_relocation(session, 2)
    assert killed is not None
    assert killed.finished_at is None
    assert killed.counts["counts"]["events"] == done == len({row[:2] for row in places(reported)})
    said = wangge(settings, *RELOCATE)
    assert f"Went on behind event {killed.last_event_id}" in said.replace(",", "")
    with transaction(reported) as session:
        require_right_places(session, 2)
        finished = find_relocation(session, 2)
    assert finished is not None
    assert len(places(reported)) == EVENTS
    dry = relocate(reported, settings, apply=False).changes
    assert sorted(finished.counts["moves"]) == sorted([*move, n] for move, n in dry.moves.items())
    assert finished.counts["counts"] == dict(dry.counts)
    assert "was relocated before" in wangge(settings, *RELOCATE)


def test_two_runs_at_once_share_the_work(reported: Engine, settings: Settings) -> None:
    both = [
        subprocess.Popen(
            [*WANGGE, *RELOCATE, "--batch", "10"], env=environment(settings), stdout=subprocess.DEVNULL
        )
        for _ in "ab"
    ]
    assert [one.wait() for one in both] == [0, 0]
    with transaction(reported) as session:
        require_right_places(session, 2)
        relocation = find_relocation(session, 2)
    assert relocation is not None
    assert relocation.counts["counts"] == dict(relocate(reported, settings, apply=False).changes.counts)


def test_nothing_to_relocate(engine: Engine, settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="no release 2"):
        relocate(engine, settings)
    with transaction(engine) as session:
        publish_two(session)
    report = relocate(engine, settings)
    assert (report.done, report.changes.counts["events"], places(engine)) == (0, 0, [])
    with transaction(engine) as session:
        relocation = find_relocation(session, 2)
    assert relocation is not None
    assert relocation.finished_at is not None


def test_a_release_that_is_not_what_it_was_is_refused(reported: Engine, settings: Settings) -> None:
    relocate(reported, settings)
    with transaction(reported) as session:
        session.execute(text("UPDATE relocation SET sha256 = 'another'"))
    with pytest.raises(ConflictError, match="--again"):
        relocate(reported, settings)
    assert relocate(reported, settings, again=True).done == EVENTS


def test_a_cluster_of_two_processes_gives_the_same(reported: Engine, settings: Settings) -> None:
    here = relocate(reported, settings)
    stored = places(reported)
    there = relocate(reported, settings, again=True, dask="local:2")
    assert (there.changes, places(reported)) == (here.changes, stored)


def test_each_process_of_a_cluster_makes_the_index_once(reported: Engine, settings: Settings) -> None:
    with transaction(reported) as session:
        source = read_source(session, get_release(session, 2), settings)
        grids = list_grids(session, 2)
    random = np.random.default_rng(1)
    corners = shapely.get_coordinates(grids.geometry.to_numpy())
    lon, lat = (random.choice(corners, 100_000) + random.normal(0, 1e-5, (100_000, 2))).T
    accuracy = np.full(len(lon), np.nan)
    expected = find_places(load_index(source), lon, lat, accuracy)
    with open_client("local:2") as client:
        address = client.scheduler.address
        with open_finder(address, source) as find:
            for _ in range(2):
                found = find(lon, lat, accuracy)

        def made() -> tuple[int, int, int]:
            info = find_module.make_index.cache_info()
            return os.getpid(), info.misses, info.hits

        loads = list(client.run(made).values())
    for name in expected.__slots__:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert len({pid for pid, _, _ in loads} - {os.getpid()}) == 2
    assert [misses for _, misses, _ in loads] == [1, 1]
    # four blocks, asked for twice
    assert sum(misses + hits for _, misses, hits in loads) == 8


def test_what_is_no_cluster_is_refused(engine: Engine, settings: Settings) -> None:
    with transaction(engine) as session:
        publish_two(session)
    for wrong in ("local:none", "local:", "local:0"):
        with pytest.raises(InputError, match="local:2"):
            relocate(engine, settings, dask=wrong)
    with pytest.raises(SetupError, match="No Dask scheduler"):
        relocate(engine, settings, dask="tcp://127.0.0.1:1")
    assert places(engine) == []
