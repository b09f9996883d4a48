"""Relocate stored events in bulk, against doing it inside PostGIS; and one event's look-up here and there.

    python -m benchmarks.relocate [events] [more events]

A database of its own holds the sample district as release 1 and, as release 2, the same with grids of every
third community changed about. Answers are compared in the run that is timed. The last line printed is one
JSON object; memory is the command's own, for both numbers of events.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import text

from benchmarks.measured import Steps, environment_of, own_home
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.bulk.binary import Column, write_rows
from gis.store.checks import save_check
from gis.store.grids import list_grids
from gis.store.places import chain_columns, driver_cursor, locate_in_postgis
from gis.store.plans import create_plan, get_plan, save_plan_grids
from gis.store.releases import get_release, publish_plan
from gis.store.session import make_engine, transaction
from gis.store.sql import statement
from gis.workflows.load_sample import SampleRequest, publish_files
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.relocate_events import RelocationRequest, relocate_events
from gis.workflows.relocating.find import find_places, load_index, read_source
from gis.workflows.report_events import EventReport, report_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from sqlalchemy import Engine, Row
    from sqlalchemy.orm import Session

    from gis.gridding.locate import GridIndex

NAME = "wangge_relocate"
ACTOR = Actor("benchmark")
TODAY = date(2026, 6, 1)
REPORTED = datetime(2026, 6, 10, tzinfo=UTC)
ROUNDS = 3
SINGLE_EVENTS = 400
AT_ONCE = 100_000

# what a relocation inside PostGIS is: the look-up over a range of stored events, into a table of its own
TWIN = """
INSERT INTO twin (event_id, natural_id, dedicated_id, special_ids, community_id, street_id, district_id)
{locate_points}
"""
DIFFERENT = """
SELECT count(*) FROM event_place p FULL JOIN twin t USING (event_id)
WHERE (p.natural_id, p.dedicated_id, p.special_ids, p.community_id, p.street_id, p.district_id)
      IS DISTINCT FROM
      (t.natural_id, t.dedicated_id, t.special_ids, t.community_id, t.street_id, t.district_id)
"""
STAGE = """
CREATE TEMP TABLE stage (lon float8, lat float8, natural_id bigint, dedicated_id bigint, special_ids bigint[],
                         community_id bigint, street_id bigint, district_id bigint) ON COMMIT DROP
"""
FROM_STAGE = """
INSERT INTO event (source, source_id, x, y, crs, geom, reported_at, received_by, category, grade, text,
                   release, natural_id, dedicated_id, special_ids, community_id, street_id, district_id,
                   unlocated)
SELECT 'benchmark', :start || '-' || row_number() OVER (), lon, lat, 'cgcs2000',
       ST_SetSRID(ST_MakePoint(lon, lat), 4490), now(), 'benchmark', 'rubbish', 'ordinary', 'a heap', 1,
       natural_id, dedicated_id, special_ids, community_id, street_id, district_id,
       CASE WHEN natural_id IS NULL AND dedicated_id IS NULL THEN 'no_grid' END
FROM stage
"""
INSERT = """
INSERT INTO event (source, source_id, x, y, crs, geom, reported_at, received_by, category, grade, text,
                   release, natural_id, dedicated_id, special_ids, community_id, street_id, district_id,
                   unlocated)
"""
GIVEN = """
:source, :number, :x, :y, 'cgcs2000', ST_SetSRID(ST_MakePoint(:x, :y), 4490), now(), 'benchmark', 'rubbish',
'ordinary', 'a heap', 1
"""
HERE = text(f"""
{INSERT} VALUES ({GIVEN}, :natural, :dedicated, CAST(:special AS bigint[]), :community, :street, :district,
                 CASE WHEN :natural IS NULL AND :dedicated IS NULL THEN 'no_grid' END)
RETURNING natural_id, dedicated_id, special_ids, community_id, street_id, district_id
""")
FOUND_IN_SQL = f"""
{INSERT}
SELECT {GIVEN}, natural_id, dedicated_id, special_ids, community_id, street_id, district_id,
       CASE WHEN natural_id IS NULL AND dedicated_id IS NULL THEN 'no_grid' END
FROM ({{locate_points}}) AS placed
RETURNING natural_id, dedicated_id, special_ids, community_id, street_id, district_id
"""  # noqa: S608 - our own words only


# a process starts with the memory of the one that starts it, which must therefore be a small one
ALONE = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run([sys.executable, "-m", "gis.cli.main", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"seconds": round(time.perf_counter() - started, 2), "peak_mb": round(peak_mb, 1)}))
"""


def run_alone(settings: Settings, *arguments: str) -> dict[str, float]:
    """Run a command and return its seconds and the peak of its own memory."""
    environment = os.environ | environment_of(settings)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *arguments], env=environment, check=True, stdout=subprocess.PIPE
    )
    figures: dict[str, float] = json.loads(done.stdout)
    print(" ".join(arguments), figures, flush=True)
    return figures


def publish(session: Session, settings: Settings) -> None:
    """Publish the sample district, then a release in which grids of every third community change about."""
    request = SampleRequest(Path("data/boundaries"), TODAY, 0, print)
    publish_files(session, request, settings, ACTOR)
    grids = list_grids(session, 1)
    natural = grids[grids["kind"] == "natural"]
    communities = sorted(natural["community_code"].unique())[::3]
    changed = natural[natural["community_code"].isin(communities)].copy()
    for rows in changed.groupby("community_code").groups.values():
        changed.loc[rows, "geometry"] = np.roll(changed.loc[rows].geometry.to_numpy(), 1)
    changed["attributes"] = [{} for _ in range(len(changed))]
    columns = ("code", "name", "kind", "community_code", "households", "population", "attributes", "geometry")
    plan = create_plan(session, "changed about", ACTOR)
    save_plan_grids(session, plan.id, changed[list(columns)])
    plan = get_plan(session, plan.id)
    check = save_check(session, plan, [], (0.1, 1.0), ACTOR)
    publish_plan(session, plan, check, TODAY + timedelta(days=1), ACTOR, None)


def make_points(grids: GeoDataFrame, count: int, seed: int) -> tuple[Any, Any]:
    """Return points around the grids as events lie: most near where people live, some beyond all grids."""
    random = np.random.default_rng(seed)
    polygons = grids.geometry.to_numpy()
    centres = shapely.get_coordinates(shapely.point_on_surface(polygons))
    chosen = random.integers(0, len(grids), count)
    spread = np.sqrt(shapely.area(polygons))[chosen, None] * 0.6
    return tuple((centres[chosen] + random.normal(0, 1, (count, 2)) * spread).T)


def add_events(engine: Engine, settings: Settings, count: int, *, start: int) -> None:
    """Store events with the chains of release 1, so many at once."""
    with transaction(engine) as session:
        source, grids = read_source(session, get_release(session, 1), settings), list_grids(session, 1)
    index = load_index(source)
    for done in range(0, count, AT_ONCE):
        lon, lat = make_points(grids, min(AT_ONCE, count - done), start + done)
        places = find_places(index, lon, lat, np.full(len(lon), np.nan))
        columns = {"lon": Column(lon), "lat": Column(lat), **chain_columns(places)}
        with transaction(engine) as session:
            # the ids are right by construction, and checking seven keys of millions of rows takes minutes
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text(STAGE))
            copying = f"COPY stage ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
            driver_cursor(session).copy_expert(copying, BytesIO(b"".join(write_rows(columns))))
            session.execute(text(FROM_STAGE), {"start": str(start + done)})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def drop_indexes(engine: Engine) -> None:
    """Drop the indexes of events that neither way of relocating reads: millions are stored faster."""
    with transaction(engine) as session:
        query = "SELECT indexname FROM pg_indexes WHERE tablename = 'event' AND indexname LIKE 'ix_%'"
        for name in session.scalars(text(query)).all():
            session.execute(text(f"DROP INDEX {name}"))


def relocate_in_postgis(engine: Engine) -> float:
    """Look every event up with the SQL twin, set-based, a batch a transaction; return the seconds."""
    with transaction(engine) as session:
        session.execute(text("DROP TABLE IF EXISTS twin"))
        session.execute(text("CREATE TABLE twin (LIKE event_place INCLUDING INDEXES)"))
        session.execute(
            text("ALTER TABLE twin ALTER near_boundary DROP NOT NULL, ALTER release SET DEFAULT 2")
        )
        last = session.execute(text("SELECT max(id) FROM event")).scalar_one()
    started = time.perf_counter()
    query = text(TWIN.format(locate_points=statement("locate_points").text))
    for after in range(0, last, AT_ONCE):
        with transaction(engine) as session:
            session.execute(query, nothing_given() | {"after": after, "until": after + AT_ONCE, "release": 2})
    return time.perf_counter() - started


def relocate(engine: Engine, settings: Settings, dask: str | None = None) -> float:
    """Relocate every event anew; return the seconds."""
    request = RelocationRequest(2, apply=True, again=True, dask=dask)
    started = time.perf_counter()
    relocate_events(partial(transaction, engine), request, settings, ACTOR)
    return time.perf_counter() - started


def nothing_given() -> dict[str, Any]:
    """Return the parameters of the twin that stand for no points given."""
    return {"lon": [], "lat": [], "after": None, "until": None}


def measure_bulk(engine: Engine, settings: Settings, events: int) -> dict[str, Any]:
    """Relocate the same events here and inside PostGIS by turns, and compare every answer."""
    here, there, dask = [], [], []
    for _ in range(ROUNDS):
        empty_places(engine)
        here.append(relocate(engine, settings))
        there.append(relocate_in_postgis(engine))
    with transaction(engine) as session:
        different = session.execute(text(DIFFERENT)).scalar_one()
    empty_places(engine)
    dask.append(relocate(engine, settings, "local:2"))
    with transaction(engine) as session:
        different_dask = session.execute(text(DIFFERENT)).scalar_one()
    return {
        "bulk_events": events,
        "events_per_s": round(events / statistics.median(here)),
        "events_per_s_in_postgis": round(events / statistics.median(there)),
        "times_as_fast": round(statistics.median(there) / statistics.median(here), 2),
        "different_answers": different,
        "events_per_s_dask_local_2_with_start": round(events / dask[0]),
        "different_answers_dask": different_dask,
    }


def empty_places(engine: Engine) -> None:
    """Take away what earlier rounds stored, so that each finds the same."""
    with transaction(engine) as session:
        session.execute(text("TRUNCATE event_place, relocation"))


def measure_single(engine: Engine, settings: Settings) -> dict[str, Any]:
    """Store events one at a time, the place found here or in the insert itself, by turns; nothing is kept."""
    with transaction(engine) as session:
        source = read_source(session, get_release(session, 2), settings)
        index = load_index(source)
        lon, lat = (column.tolist() for column in make_points(list_grids(session, 2), SINGLE_EVENTS, 77))
        here, there, lookup_here, lookup_there, whole = [], [], [], [], []
        in_sql = text(FOUND_IN_SQL.format(locate_points=statement("locate_points").text))
        different = 0
        for number, (x, y) in enumerate(zip(lon, lat, strict=True)):
            lookup_here.append(seconds(partial(index.locate_many, [x], [y]))[0])
            lookup_there.append(seconds(partial(locate_in_postgis, session, [x], [y], 2))[0])
            took, first = seconds(partial(insert_found_here, session, index, (number, x, y)))
            here.append(took)
            values = {"source": "sql", "number": str(number), "x": x, "y": y, "after": None, "until": None}
            points = {"lon": [x], "lat": [y], "release": 2}
            took, second = seconds(lambda v=values | points: session.execute(in_sql, v).one())
            there.append(took)
            different += tuple(first) != tuple(second)
        indexes = ReleaseIndexes(settings)
        for number, (x, y) in enumerate(zip(lon, lat, strict=True)):
            report = EventReport("path", str(number), x, y, "cgcs2000", REPORTED, "rubbish")
            whole.append(seconds(partial(report_events, session, indexes, [report], settings, ACTOR))[0])
        session.rollback()
    return {
        "one_lookup_in_process_us": microseconds(lookup_here),
        "one_lookup_in_sql_us": microseconds(lookup_there),
        "one_insert_located_in_process_us": microseconds(here),
        "one_insert_located_in_sql_us": microseconds(there),
        "one_report_events_us": microseconds(whole),
        "one_different_answers": different,
    }


def insert_found_here(session: Session, index: GridIndex, event: tuple[int, float, float]) -> Row[Any]:
    """Find one event's place in this process and insert it."""
    number, x, y = event
    chain = index.locate_many([x], [y]).chain(0)
    values = {
        "source": "here",
        "number": str(number),
        "x": x,
        "y": y,
        "natural": chain.natural,
        "dedicated": chain.dedicated,
        "special": list(chain.special),
        "community": chain.community,
        "street": chain.street,
        "district": chain.district,
    }
    return session.execute(HERE, values).one()


def seconds(step: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a step took, and its result."""
    started = time.perf_counter()
    result = step()
    return time.perf_counter() - started, result


def microseconds(times: list[float]) -> float:
    """Return the median in microseconds, the first tenth left out."""
    return round(statistics.median(times[len(times) // 10 :]) * 1e6, 1)


def main(few: int = 200_000, many: int = 2_000_000) -> None:
    """Run everything and print the figures."""
    steps = Steps({"WANGGE_DATABASE_NAME": NAME})
    steps.run("database reset", "database", "reset", "--apply")
    steps.run("database upgrade", "database", "upgrade")
    with own_home(Settings(database_name=NAME)) as settings:
        figures = measure(settings, few, many)
    steps.run("database reset", "database", "reset", "--apply")
    print(json.dumps(figures))


def measure(settings: Settings, few: int, many: int) -> dict[str, Any]:
    """Fill an empty database and measure with few events, then with many."""
    engine = make_engine(settings)
    with transaction(engine) as session:
        publish(session, settings)
    figures = measure_single(engine, settings)
    drop_indexes(engine)
    add_events(engine, settings, few, start=0)
    figures |= measure_bulk(engine, settings, few)
    command = ("event", "relocate", "--release", "2", "--again", "--apply")
    small = run_alone(settings, *command)
    add_events(engine, settings, many - few, start=few)
    large = run_alone(settings, *command)
    dry = run_alone(settings, *command[:-2])
    engine.dispose()
    return figures | {
        "peak_mb": {few: small["peak_mb"], many: large["peak_mb"]},
        "command_seconds": {few: small["seconds"], many: large["seconds"]},
        "dry_run_seconds": dry["seconds"],
    }


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
