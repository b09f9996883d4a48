"""What locating is compared with: geopandas, shapely, PostGIS, DuckDB, SedonaDB, and the oracle of answers.

Every peer gets what it wants beforehand (points as geometries, trees and indexes built, tables analysed);
only the question is timed: processor time of this process, or of the server's process that answers.
"""

from __future__ import annotations

import importlib
import io
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas
import numpy as np
import psycopg2
import shapely
from sqlalchemy import make_url

from gis.settings import Settings
from gis.store.cluster import database_url, get_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from psycopg2.extensions import connection, cursor

    Floats: TypeAlias = NDArray[np.float64]
    Positions: TypeAlias = NDArray[np.int32]
    Flags: TypeAlias = NDArray[np.bool_]

DATABASE = "wangge_benchmark"
SERVER_POINTS = 50_000  # the points are in random order, so the first ones are a sample
REPEATED = 5  # the clock of processes is coarse
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Question:
    """Points and the polygons to find them in.

    Attributes:
        polygons: A coverage in degrees.
        ids: Lasting ids of the polygons, ascending.
        lon: Longitudes of the points.
        lat: Latitudes.
    """

    polygons: NDArray[Any]
    ids: NDArray[np.int64]
    lon: Floats
    lat: Floats

    @cached_property
    def points(self) -> NDArray[Any]:
        """The points as geometries."""
        made: NDArray[Any] = shapely.points(self.lon, self.lat)
        return made


def processor_seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the least processor time of this process, all its threads together, that some work took."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def wall_seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the least time on the wall that some work took."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


class BoxTree:
    """A tree of boxes and prepared polygons: GEOS' own answers, and the fastest way to ask it."""

    def __init__(self, polygons: NDArray[Any]) -> None:
        self._polygons = polygons.copy()
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(shapely.box(*shapely.bounds(polygons).T))

    def hits(self, question: Question) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return point and polygon of every pair that intersects."""
        point, polygon = self._tree.query(question.points)
        met = shapely.intersects_xy(self._polygons[polygon], question.lon[point], question.lat[point])
        return point[met], polygon[met]

    def answers(self, question: Question) -> tuple[Positions, Flags]:
        """Return the polygon of lowest id each point meets (-1: none), and which points are on an outline."""
        point, polygon = self.hits(question)
        none = len(self._polygons)
        first = np.full(len(question.lon), none)
        np.minimum.at(first, point, polygon)  # ids ascend with positions
        within = shapely.contains_xy(self._polygons[polygon], question.lon[point], question.lat[point])
        on_outline = np.zeros(len(first), dtype=bool)
        on_outline[point[~within]] = True
        return np.where(first == none, -1, first).astype(np.int32), on_outline


def time_sjoin(question: Question, grids: geopandas.GeoDataFrame) -> tuple[float, float]:
    """Return processor and wall seconds of `geopandas.sjoin`; both frames and the tree are ready."""
    points = geopandas.GeoDataFrame(geometry=question.points, crs="EPSG:4490")
    len(grids.sindex)  # builds it
    started = time.perf_counter()
    processor = processor_seconds(lambda: geopandas.sjoin(points, grids, predicate="intersects"))
    return processor, time.perf_counter() - started


def time_tree(question: Question, tree: shapely.STRtree) -> float:
    """Return processor seconds of asking a tree of the polygons themselves."""
    return processor_seconds(lambda: tree.query(question.points, predicate="intersects"))


def time_sedona(question: Question, grids: geopandas.GeoDataFrame) -> float | None:
    """Return processor seconds of SedonaDB's join, all its threads together; None: not installed."""
    try:
        sedona = importlib.import_module("sedona.db")
    except ImportError:
        return None
    session = sedona.connect()
    points = geopandas.GeoDataFrame(geometry=question.points, crs="EPSG:4490")
    for name, frame in (("point", points), ("grid", grids[["geometry"]])):
        session.create_data_frame(frame).to_memtable().to_view(name, overwrite=True)
    join = "SELECT count(*) AS hits FROM point JOIN grid ON ST_Intersects(grid.geometry, point.geometry)"
    return processor_seconds(lambda: session.sql(join).to_pandas())


def time_duckdb(question: Question) -> float | None:
    """Return processor seconds of DuckDB's spatial join on one thread; None: not installed.

    The extension is used where it is installed already; nothing is fetched.
    """
    try:
        duckdb = importlib.import_module("duckdb")
    except ImportError:
        return None
    with duckdb.connect() as session:
        try:
            session.execute("LOAD spatial")
        except duckdb.Error:
            return None
        session.execute("SET threads = 1")
        frames = {
            "polygons": {"wkb": shapely.to_wkb(question.polygons)},
            "places": {"x": question.lon, "y": question.lat},
        }
        for name, columns in frames.items():
            session.register(name, importlib.import_module("pandas").DataFrame(columns))
        session.execute("CREATE TABLE grid AS SELECT ST_GeomFromWKB(wkb) AS geom FROM polygons")
        session.execute("CREATE TABLE point AS SELECT ST_Point(x, y) AS geom FROM places")
        join = "SELECT count(*) FROM point JOIN grid ON ST_Intersects(grid.geom, point.geom)"
        return processor_seconds(lambda: session.execute(join).fetchall())


@dataclass(frozen=True)
class ServerFigures:
    """What PostGIS needed for the sample of the points, in seconds, and what it answered.

    Attributes:
        points: How many points were asked.
        lateral_s: `ST_Intersects ... ORDER BY id LIMIT 1` for each point.
        join_s: The plain join.
        indexed_s: The plain join with an index on the points as well.
        answers: The id each point got; -1: none.
    """

    points: int
    lateral_s: float
    join_s: float
    indexed_s: float
    answers: NDArray[np.int64]


LATERAL = """
FROM point LEFT JOIN LATERAL (
    SELECT grid.id FROM grid WHERE ST_Intersects(grid.geom, point.geom) ORDER BY grid.id LIMIT 1
) found ON true
"""
JOIN = "SELECT count(*) FROM point JOIN grid ON ST_Intersects(grid.geom, point.geom)"


class Server:
    """Temporary tables on the PostGIS server in use."""

    def __init__(self, session: connection) -> None:
        self._session = session
        with session.cursor() as ask:
            # one core, as everybody else; compiling costs more than it gains
            ask.execute("SET max_parallel_workers_per_gather = 0; SET jit = off; SET temp_buffers = '1GB'")

    def seconds(self, statement: str) -> float:
        """Return the processor time a statement took on the server; on another machine, wall time."""
        stat = Path(f"/proc/{self._session.info.backend_pid}/stat")
        with self._session.cursor() as ask:
            if self._session.info.host and not self._session.info.host.startswith("/"):
                return wall_seconds(lambda: ask.execute(statement))
            before = processor_ticks(stat)
            ask.execute(statement)
            return (processor_ticks(stat) - before) / os.sysconf("SC_CLK_TCK")

    def load_grids(self, question: Question) -> None:
        """Put the polygons into an indexed, analysed table."""
        with self._session.cursor() as ask:
            ask.execute("DROP TABLE IF EXISTS grid")
            ask.execute("CREATE TEMPORARY TABLE grid (id bigint PRIMARY KEY, geom geometry(Polygon))")
            for start in range(0, len(question.ids), ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                copy_rows(ask, "grid", question.ids[part], question.polygons[part])
            ask.execute("CREATE INDEX ON grid USING gist (geom)")
            ask.execute("ANALYZE grid")

    def ask(self, question: Question) -> ServerFigures:
        """Ask for the first points of the question."""
        points = question.points[:SERVER_POINTS]
        with self._session.cursor() as ask:
            ask.execute("DROP TABLE IF EXISTS point")
            ask.execute("CREATE TEMPORARY TABLE point (id bigint PRIMARY KEY, geom geometry(Point))")
            copy_rows(ask, "point", np.arange(len(points)), points)
            ask.execute("ANALYZE point")
            ask.execute(f"SELECT coalesce(found.id, -1) {LATERAL} ORDER BY point.id")
            answers = np.array(ask.fetchall(), dtype=np.int64)[:, 0]
            lateral, join = self.seconds(f"SELECT count(found.id) {LATERAL}"), self.seconds(JOIN)
            ask.execute("CREATE INDEX ON point USING gist (geom)")
            ask.execute("ANALYZE point")
            indexed = self.seconds(";".join([JOIN] * REPEATED)) / REPEATED
        return ServerFigures(len(points), lateral, join, indexed, answers)

    def single_p50_us(self, question: Question, times: int = 1000) -> float:
        """Return the median time of a prepared question for one point, there and back, in microseconds."""
        taken = []
        with self._session.cursor() as ask:
            ask.execute(
                "PREPARE one AS SELECT id FROM grid "
                "WHERE ST_Intersects(geom, ST_Point($1, $2)) ORDER BY id LIMIT 1"
            )
            for lon, lat in zip(question.lon[:times].tolist(), question.lat[:times].tolist(), strict=True):
                started = time.perf_counter_ns()
                ask.execute("EXECUTE one (%s, %s)", (lon, lat))
                ask.fetchall()
                taken.append(time.perf_counter_ns() - started)
            ask.execute("DEALLOCATE one")
        return float(np.median(taken)) / 1000


def processor_ticks(stat: Path) -> int:
    """Return how long a process has worked, in ticks of the clock, from its line of figures."""
    fields = stat.read_text().rpartition(")")[2].split()  # its name, in brackets, may hold anything
    return int(fields[11]) + int(fields[12])


def copy_rows(ask: cursor, table: str, ids: NDArray[Any], geometries: NDArray[Any]) -> None:
    """Copy rows of id and geometry into a table."""
    rows = zip(ids.tolist(), shapely.to_wkb(geometries, hex=True), strict=True)
    ask.copy_expert(f"COPY {table} FROM STDIN", io.StringIO("".join(f"{one}\t{wkb}\n" for one, wkb in rows)))


@contextmanager
def open_server() -> Iterator[Server]:
    """Open a session on the server in use; a private cluster gets a database for it, dropped at the end."""
    settings = Settings(database_name=DATABASE)
    url = make_url(database_url(settings)).set(drivername="postgresql")
    session = psycopg2.connect(url.render_as_string(hide_password=False))
    session.autocommit = True
    try:
        yield Server(session)
    finally:
        session.close()
        if settings.database_url is None:
            get_cluster(settings).drop_database(DATABASE)


def single_tree_p50_us(question: Question, tree: shapely.STRtree, times: int = 1000) -> float:
    """Return the median time of asking a tree of the polygons for one point, in microseconds."""
    taken = []
    for lon, lat in zip(question.lon[:times].tolist(), question.lat[:times].tolist(), strict=True):
        started = time.perf_counter_ns()
        tree.query(shapely.Point(lon, lat), predicate="intersects")
        taken.append(time.perf_counter_ns() - started)
    return float(np.median(taken)) / 1000


def single_tzfpy_us(question: Question, times: int = 10_000) -> float | None:
    """Return what one look-up of tzfpy costs in its own data, the time zones; None: not installed."""
    with suppress(ImportError):
        get_tz = importlib.import_module("tzfpy").get_tz
        points = list(zip(question.lon[:times].tolist(), question.lat[:times].tolist(), strict=True))
        return wall_seconds(lambda: [get_tz(lon, lat) for lon, lat in points], 3) / len(points) * 1e6
    return None
