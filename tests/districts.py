"""A small invented district for the map tests: a jittered lattice whose wiggly edges are shared."""

from __future__ import annotations

from datetime import UTC, date, datetime

import geopandas
import numpy as np
import pandas as pd
import shapely

from gis.maps import MapFrame

WEST, SOUTH = 118.70, 31.80
STREET_NAMES = (
    "东山街道",
    "秣陵街道",
    "汤山街道",
    "淳化街道",
    "禄口街道",
    "江宁街道",
    "谷里街道",
    "湖熟街道",
    "横溪街道",
)
CATEGORIES = ("市容环境", "街面秩序", "宣传广告", "公用设施", "道路交通", "安全生产", "民生诉求", "突发事件")
SOURCES = ("patrol", "resident", "hotline", "department", "sensor")


def make_district(
    side: int = 12, *, seed: int = 7, points_on_edge: int = 9
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """Return grids and areas: `side` x `side` natural grids, 2 x 2 to a community, nine streets."""
    random = np.random.default_rng(seed)
    step = 0.36 / side
    nodes = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij"), axis=-1)
    nodes += random.uniform(-0.22, 0.22, nodes.shape)
    right = {
        (i, j): _wiggle(nodes[i, j], nodes[i + 1, j], points_on_edge, random)
        for i in range(side)
        for j in range(side + 1)
    }
    up = {
        (i, j): _wiggle(nodes[i, j], nodes[i, j + 1], points_on_edge, random)
        for i in range(side + 1)
        for j in range(side)
    }
    cells, rows = [], []
    block = max(2, side // 3)
    for i in range(side):
        for j in range(side):
            ring = np.vstack(
                [right[i, j][:-1], up[i + 1, j][:-1], right[i, j + 1][::-1][:-1], up[i, j][::-1]]
            )
            cells.append(shapely.Polygon(np.round(ring * step + [WEST, SOUTH], 7)))
            street = min(i // block, 2) * 3 + min(j // block, 2)
            community = f"320115{street + 1:03d}{(i // 2) * ((side + 1) // 2) + j // 2 + 1:03d}"
            rows.append((community, f"320115{street + 1:03d}", STREET_NAMES[street]))
    community_of, street_of, street_name = map(np.array, zip(*rows, strict=True))
    households = random.integers(180, 520, len(cells))
    order = pd.Series(community_of).groupby(community_of).cumcount().to_numpy() + 1
    natural = geopandas.GeoDataFrame(
        {
            "code": [
                f"{community}{number:03d}" for community, number in zip(community_of, order, strict=True)
            ],
            "name": [f"第{number + 1}网格" for number in range(len(cells))],
            "kind": "natural",
            "task": None,
            "community_code": community_of,
            "households": households,
            "population": households * 3,
        },
        geometry=cells,
        crs="EPSG:4490",
    )
    grids = pd.concat([natural, _overlays(natural, step)], ignore_index=True)
    grids["id"] = np.arange(len(grids)) + 1
    return geopandas.GeoDataFrame(grids, crs="EPSG:4490"), _areas(
        natural, community_of, street_of, street_name
    )


def make_changes(grids: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Return three changes of natural grids: a moved edge, a renamed grid, and one without a place."""
    natural = grids[grids["kind"] == "natural"]
    codes, shapes = natural["code"].tolist(), natural.geometry.tolist()
    at = shapes[7].centroid
    rows = [
        ("moved_edge", codes[7:9], codes[7:9], 9000.0, shapely.box(at.x, at.y, at.x + 0.002, at.y + 0.001)),
        ("renamed", [codes[3]], [codes[3]], 0.0, shapes[3]),
        ("gone", [codes[0]], [], 0.0, None),
    ]
    frame = geopandas.GeoDataFrame(
        rows, columns=["kind", "old", "new", "moved_m2", "geometry"], geometry="geometry", crs=grids.crs
    )
    frame[["before_m2", "after_m2"]] = 40000.0, 40000.0
    frame["zh"] = [f"网格 {old[0]} 变了。" for old in frame["old"]]
    frame["en"] = [f"The grid {old[0]} changed." for old in frame["old"]]
    return frame


def make_events(
    grids: geopandas.GeoDataFrame, count: int = 3000, *, seed: int = 11, days: int = 60
) -> pd.DataFrame:
    """Return events around a few hot spots and everywhere else, over some weeks, with a daily rhythm."""
    random = np.random.default_rng(seed)
    natural = grids[grids["kind"] == "natural"]
    west, south, east, north = natural.total_bounds
    spots = random.uniform([west + 0.05, south + 0.05], [east - 0.05, north - 0.05], (9, 2))
    spread = random.uniform(0.004, 0.02, 9)
    spot = random.integers(0, 9, count)
    near = spots[spot] + random.normal(0, 1, (count, 2)) * spread[spot][:, None]
    anywhere = random.uniform([west, south], [east, north], (count, 2))
    lon_lat = np.where(random.random((count, 1)) < 0.6, near, anywhere)
    hours = random.choice(24, count, p=np.r_[np.full(7, 0.01), np.full(15, 0.058), np.full(2, 0.03)])
    seconds = random.integers(0, days, count) * 86400 + hours * 3600 + random.integers(0, 3600, count)
    tree = shapely.STRtree(natural.geometry.to_numpy())
    point, cell = tree.query(shapely.points(lon_lat), predicate="intersects")
    code = pd.Series(natural["code"].to_numpy()[cell], index=point).groupby(level=0).first()
    return pd.DataFrame(
        {
            "id": np.arange(count) + 1,
            "lon": lon_lat[:, 0],
            "lat": lon_lat[:, 1],
            "reported_at": pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta(seconds, unit="s"),
            "category": random.choice(CATEGORIES, count),
            "grade": random.choice(["ordinary", "urgent", "extra_urgent"], count, p=[0.86, 0.11, 0.03]),
            "source": random.choice(SOURCES, count),
            "text": [f"{n % 90 + 1} 号楼前有垃圾堆放，请尽快处理。" for n in range(count)],
            "natural_code": code.reindex(range(count)).to_numpy(),
        }
    )


def make_frame(**changes: object) -> MapFrame:
    """Return a frame with everything in it."""
    facts: dict[str, object] = {
        "district": "江宁区",
        "release": 3,
        "effective_from": date(2026, 1, 1),
        "period": (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 29, tzinfo=UTC)),
    }
    return MapFrame(**{**facts, **changes})  # type: ignore[arg-type]  # the tests say what they change


def _wiggle(start: np.ndarray, end: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    share = np.linspace(0, 1, count + 2)
    bend = np.sin(np.pi * share) * random.uniform(-0.07, 0.07) + np.sin(2 * np.pi * share) * random.uniform(
        -0.07, 0.07
    )
    bend[1:-1] += random.uniform(-0.012, 0.012, count)
    along = end - start
    return start + share[:, None] * along + bend[:, None] * np.array([-along[1], along[0]])


def _overlays(natural: geopandas.GeoDataFrame, step: float) -> geopandas.GeoDataFrame:
    picked = natural.iloc[:: max(3, len(natural) // 12)]
    centres = shapely.point_on_surface(picked.geometry.to_numpy())
    parks = shapely.buffer(centres, step * 0.26, quad_segs=6)
    west, south, east, north = natural.total_bounds
    line = shapely.LineString(
        [
            (west + (east - west) * s, south + (north - south) * (0.35 + 0.25 * np.sin(5 * s)))
            for s in np.linspace(0.02, 0.98, 60)
        ]
    )
    river = shapely.buffer(line, step * 0.35)
    fire = shapely.box(
        east - (east - west) * 0.42,
        north - (north - south) * 0.3,
        east - (east - west) * 0.12,
        north - (north - south) * 0.08,
    )
    return geopandas.GeoDataFrame(
        {
            "code": [f"320115Z{n:03d}" for n in range(len(parks))] + ["320115R001", "320115F001"],
            "name": [f"示范园区{n + 1}" for n in range(len(parks))] + ["秦淮河巡查段", "老城消防片区"],
            "kind": ["dedicated"] * len(parks) + ["special"] * 2,
            "task": [None] * len(parks) + ["river", "fire"],
            "community_code": [*picked["community_code"], None, None],
            "households": [None] * (len(parks) + 2),
            "population": [None] * (len(parks) + 2),
        },
        geometry=[*parks, river, fire],
        crs="EPSG:4490",
    )


def _areas(
    natural: geopandas.GeoDataFrame, community_of: np.ndarray, street_of: np.ndarray, street_name: np.ndarray
) -> geopandas.GeoDataFrame:
    rows = [("320115", "江宁区", "district", None, shapely.coverage_union_all(natural.geometry.to_numpy()))]
    for street in np.unique(street_of):
        inside = street_of == street
        rows.append(
            (
                street,
                street_name[inside][0],
                "street",
                "320115",
                shapely.coverage_union_all(natural.geometry.to_numpy()[inside]),
            )
        )
    for community in np.unique(community_of):
        inside = community_of == community
        rows.append(
            (
                community,
                f"和平{community[-3:]}社区",
                "community",
                community[:9],
                shapely.coverage_union_all(natural.geometry.to_numpy()[inside]),
            )
        )
    code, name, level, parent, geometry = zip(*rows, strict=True)
    return geopandas.GeoDataFrame(
        {"id": np.arange(len(rows)) + 1, "code": code, "name": name, "level": level, "parent_code": parent},
        geometry=list(geometry),
        crs="EPSG:4490",
    )


def make_repair(
    grids: geopandas.GeoDataFrame,
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame, np.ndarray]:
    """Return places of a repair, the grids after it and before: the first got a strip and a corner."""
    after = grids.geometry.to_numpy()
    before = after.copy()
    west, south, east, north = after[0].bounds
    strip = shapely.intersection(after[0], shapely.box(west, south, east, south + (north - south) / 9))
    before[0] = shapely.difference(after[0], strip)
    codes = grids["code"].tolist()
    rows = [
        ("left", "overlap", codes[1:3], codes[1:3], 5000.0, "重叠未处理。", "An overlap is left.", after[2]),
        ("changed", "filled", [], codes[:1], 812.5, "空白并入网格。", "The gap goes to the grid.", strip),
        ("changed", "matched", codes[1:2], codes[:1], 0.0, "补上顶点。", "It gets a corner.", strip.centroid),
    ]
    columns = ["what", "kind", "before", "after", "area_m2", "sentence_zh", "sentence_en", "geometry"]
    return geopandas.GeoDataFrame(rows, columns=columns, crs="EPSG:4490"), grids, before
