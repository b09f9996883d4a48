"""Draw the pictures of `docs/rules.md`: small grids with one fault each, and what the check finds there."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import Polygon, box

from gis.gridding.check import Tolerance, check_grids
from gis.gridding.codes import SCHEMES
from gis.gridding.crs import geometries_to_stored, to_metres
from gis.gridding.rules.identity import ids_of
from gis.gridding.rules.profile import parse_profile, shipped_profile
from gis.gridding.rules.terms import Terms
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.nouns import Finding

FOLDER = Path(__file__).parent / "rules"
METRIC_CRS = "EPSG:4549"
EAST, NORTH = 388_000.0, 3_537_000.0
COMMUNITY, OTHER = "320115001001", "320115001002"
COLOURS = {Severity.ERROR: "#c62828", Severity.WARNING: "#e08700", Severity.INFO: "#1565c0"}
WIDTH, HEIGHT, EDGE = 240, 160, 10
HALF_MARK = 5.0

PAIR = {"001": box(0, 0, 100, 100), "002": box(100, 0, 200, 100)}
LAND = {COMMUNITY: box(0, 0, 200, 100)}
TWO_LANDS = {COMMUNITY: box(0, 0, 100, 100), OTHER: box(100, 0, 200, 100)}
NECK = box(0, 0, 70, 100).union(box(130, 0, 200, 100)).union(box(70, 47, 130, 53))


@dataclass(frozen=True)
class Scene:
    """Grids with a fault, all in metres.

    Attributes:
        grids: By the end of their code, or the whole code.
        areas: Communities by code; none: not known.
        columns: Further columns of the grids.
        rule: The settings of the rule in a profile, where the usual ones do not have it.
        shown: Other things by code, buildings or unit grids as `shown_as` says; the code of
            a unit begins as that of its grid ends.
        terms: Further terms of the check.
        is_meant: Gaps were marked as meant.
    """

    grids: dict[str, Polygon | shapely.MultiPolygon]
    areas: dict[str, Polygon] = field(default_factory=lambda: LAND)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    rule: str = ""
    shown: dict[str, Polygon] = field(default_factory=dict)
    shown_as: str = ""
    terms: dict[str, Any] = field(default_factory=dict)
    is_meant: bool = False


SCENES: dict[FindingKind, Scene] = {
    FindingKind.GAP: Scene({"001": PAIR["001"], "002": PAIR["002"].difference(box(100, 30, 112, 80))}),
    FindingKind.OVERLAP: Scene(PAIR | {"001": box(0, 0, 118, 100)}),
    FindingKind.OUTSIDE_PARENT: Scene(
        PAIR | {"002": PAIR["002"].union(box(130, 100, 170, 120))}, {COMMUNITY: box(0, 0, 200, 100)}
    ),
    FindingKind.INVALID: Scene(
        PAIR | {"001": Polygon([(0, 0), (100, 0), (100, 100), (40, 100), (60, 120), (60, 80), (0, 100)])}
    ),
    FindingKind.MULTI_PART: Scene(
        {
            "001": shapely.MultiPolygon([box(0, 0, 80, 100), box(120, 0, 200, 100)]),
            "002": box(80, 0, 120, 100),
        }
    ),
    FindingKind.DUPLICATE_CODE: Scene(PAIR, columns={"code": [COMMUNITY + "001"] * 2}),
    FindingKind.BAD_CODE: Scene(PAIR, columns={"code": [COMMUNITY + "001", "12"]}),
    FindingKind.NESTING: Scene(
        PAIR | {"801": box(60, 20, 150, 80)},
        TWO_LANDS,
        {
            "kind": ["natural", "natural", "dedicated"],
            "code": [COMMUNITY + "001", OTHER + "002", OTHER + "801"],
            "community_code": [COMMUNITY, OTHER, OTHER],
        },
    ),
    FindingKind.REPEATED_VERTEX: Scene(
        PAIR | {"001": Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50.005, 100), (0, 100)])},
        rule="[natural]\nrepeated_vertex = { max_apart_m = 0.01 }",
    ),
    FindingKind.SPIKE: Scene(
        {
            "001": Polygon([(0, 0), (100, 0), (100, 49), (140, 49.3), (100, 49.6), (100, 100), (0, 100)]),
            "002": Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100, 49.6), (140, 49.3), (100, 49)]),
        }
    ),
    FindingKind.NARROW_NECK: Scene(
        {"001": NECK, "002": box(0, 0, 200, 100).difference(NECK)},
        rule="[natural]\nnarrow_neck = { max_width_m = 8 }\nmulti_part = false",
    ),
    FindingKind.TOO_SMALL: Scene(
        {"001": box(0, 0, 160, 100), "002": box(160, 0, 200, 100)},
        rule="[natural]\ntoo_small = { min_area_m2 = 5000 }",
    ),
    FindingKind.TOO_LARGE: Scene(
        PAIR,
        columns={"households": [480, 520]},
        rule="[natural]\ntoo_large = { max_households = 500 }",
    ),
    FindingKind.NOT_COMPACT: Scene(
        {"001": box(0, 0, 200, 92), "002": box(0, 92, 200, 100)},
        rule="[natural]\nnot_compact = { min_compactness = 0.2 }",
    ),
    FindingKind.STRAY_PART: Scene(
        {
            "001": shapely.MultiPolygon([box(0, 0, 100, 100), box(150, 40, 170, 60)]),
            "002": PAIR["002"].difference(box(150, 40, 170, 60)),
        },
        rule="[natural]\nstray_part = { max_share = 0.1 }",
    ),
    FindingKind.RETIRED_CODE: Scene(PAIR, terms={"retired": {COMMUNITY + "002"}}),
    FindingKind.CODE_ORDER: Scene(
        {"001": box(0, 0, 70, 100), "003": box(70, 0, 140, 100), "002": box(140, 0, 200, 100)},
        rule="[natural]\ncode_order = true",
    ),
    FindingKind.NO_WORKER: Scene(
        PAIR, rule="[natural]\nno_worker = true", terms={"on_duty": {COMMUNITY + "001"}}
    ),
    FindingKind.EDGE_MISMATCH: Scene(
        {"001": box(0, 50, 100, 100), "002": box(100, 50, 200, 100), "003": box(0, 0, 200, 50)},
        rule="[natural]\nedge_mismatch = { max_apart_m = 0.1 }",
    ),
    FindingKind.BUILDING_CUT: Scene(
        PAIR,
        rule="[natural]\nbuilding_cut = { min_depth_m = 0.5 }",
        shown={"H1": box(20, 20, 60, 40), "H2": box(85, 55, 130, 80)},
        shown_as="buildings",
    ),
    FindingKind.UNIT_GROUP: Scene(
        PAIR,
        rule="[natural]\nunit_group = { max_units = 5 }",
        shown={f"001-{i}": box(0, 100 * i / 6, 100, 100 * (i + 1) / 6) for i in range(6)}
        | {"002-0": PAIR["002"]},
        shown_as="units",
    ),
    FindingKind.INTENDED_HOLE: Scene(
        {
            "001": PAIR["001"].difference(box(60, 30, 100, 70)),
            "002": PAIR["002"].difference(box(100, 30, 130, 60)),
        },
        is_meant=True,
    ),
}
"""What each picture shows."""


def findings_of(kind: FindingKind) -> list[Finding]:
    """Check the scene of a rule, and return what this rule finds in it."""
    scene = SCENES[kind]
    count = len(scene.grids)
    columns = {
        "code": [COMMUNITY + code if len(code) < len(COMMUNITY) else code for code in scene.grids],
        "kind": ["natural"] * count,
        "task": [None] * count,
        "community_code": [COMMUNITY] * count,
    }
    grids = frame({**columns, **scene.columns}, list(scene.grids.values()))
    places = list(scene.areas.values())
    district = shapely.union_all(places)
    codes = ["320115", "320115001", *scene.areas]
    levels = ["district", "street", *["community"] * len(places)]
    parents = [None, "320115", *["320115001"] * len(places)]
    areas = frame(
        {"code": codes, "name": codes, "level": levels, "parent_code": parents}, [district, district, *places]
    )
    profile = (
        shipped_profile("usual") if not scene.rule else parse_profile(f'extends = "usual"\n{scene.rule}')
    )
    terms = Terms(profile, **scene.terms)
    if scene.shown:
        named = {
            "code": list(scene.shown),
            "grid_code": [COMMUNITY + code[:3] for code in scene.shown],
            "community_code": COMMUNITY,
        }
        terms = replace(terms, **{scene.shown_as: frame(named, list(scene.shown.values()))})

    def check(terms: Terms) -> list[Finding]:
        crs, scheme = METRIC_CRS, SCHEMES["community-3"]
        return check_grids(grids, areas, tolerance=Tolerance(), metric_crs=crs, scheme=scheme, terms=terms)

    if scene.is_meant:
        terms = replace(terms, intended=frozenset(ids_of(check(terms))))
    return [finding for finding in check(terms) if finding.kind is kind]


def frame(columns: dict[str, Any], shapes: Sequence[Any]) -> gpd.GeoDataFrame:
    """Make a frame in stored coordinates of shapes in metres."""
    moved = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + np.array([EAST, NORTH]))
    return gpd.GeoDataFrame(columns, geometry=geometries_to_stored(moved, METRIC_CRS), crs="EPSG:4490")


def picture(kind: FindingKind) -> str:
    """Draw the scene of a rule and what is found in it."""
    scene, found = SCENES[kind], findings_of(kind)
    places = to_metres(np.array([finding.geometry for finding in found], dtype=object), METRIC_CRS)
    places = shapely.transform(places, lambda xy: xy - np.array([EAST, NORTH]))
    west, south, east, north = shapely.total_bounds([*scene.grids.values(), *scene.areas.values()])
    scale = min((WIDTH - 2 * EDGE) / (east - west), (HEIGHT - 2 * EDGE) / (north - south))

    def on_paper(corners: np.ndarray) -> np.ndarray:
        return np.column_stack(
            (EDGE + scale * (corners[:, 0] - west), HEIGHT - EDGE - scale * (corners[:, 1] - south))
        )

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(kind)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *(
            f'<path d="{path(shape, on_paper)}" fill="#e8eef4" fill-opacity="0.8" fill-rule="evenodd" '
            'stroke="#5b6b7a" stroke-width="1.2"/>'
            for shape in scene.grids.values()
        ),
        *(
            f'<path d="{path(shape, on_paper)}" fill="#b9a992" fill-opacity="0.6" stroke="#6b5d48"/>'
            for shape in scene.shown.values()
        ),
        *(
            f'<path d="{path(shape, on_paper)}" fill="none" stroke="#2e7d32" stroke-width="2" '
            'stroke-dasharray="6 4"/>'
            for shape in scene.areas.values()
        ),
        *(
            mark(place, COLOURS[finding.severity], on_paper)
            for place, finding in zip(places, found, strict=True)
            if place is not None
        ),
        *labels(scene, on_paper),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def labels(scene: Scene, on_paper: Any) -> list[str]:  # noqa: ANN401 - a function
    """Write the ends of the codes into the grids."""
    places = shapely.get_coordinates(shapely.point_on_surface(list(scene.grids.values())))
    codes = scene.columns.get("code", list(scene.grids))
    return [
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="sans-serif" font-size="11" fill="#37474f" '
        f'text-anchor="middle">{escape(code[-3:])}</text>'
        for (x, y), code in zip(on_paper(places), codes, strict=True)
    ]


def mark(place: Any, colour: str, on_paper: Any) -> str:  # noqa: ANN401 - shapely and a function
    """Draw the place of a finding."""
    if place.geom_type in ("Point", "MultiPoint"):
        spots = on_paper(shapely.get_coordinates(place))
        return "\n".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{HALF_MARK}" fill="none" stroke="{colour}" '
            'stroke-width="2.5"/>'
            for x, y in spots
        )
    filled = place.geom_type in ("Polygon", "MultiPolygon")
    fill = f'fill="{colour}" fill-opacity="0.5" fill-rule="evenodd"' if filled else 'fill="none"'
    return f'<path d="{path(place, on_paper)}" {fill} stroke="{colour}" stroke-width="2"/>'


def path(shape: Any, on_paper: Any) -> str:  # noqa: ANN401 - shapely and a function
    """Write a shape as an SVG path, to a tenth of a pixel."""
    parts = shapely.get_parts([shape])
    lines = [
        line
        for part in parts
        for line in (shapely.get_rings([part]) if part.geom_type == "Polygon" else [part])
    ]
    drawn = []
    for line in lines:
        corners = on_paper(shapely.get_coordinates(line))
        steps = " ".join(f"{x:.1f} {y:.1f}" for x, y in corners)
        drawn.append(f"M{steps}" + ("Z" if shapely.is_closed(line) else ""))
    return "".join(drawn)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for kind in SCENES:
        (FOLDER / f"{kind}.svg").write_text(picture(kind), encoding="utf-8")
    sys.stdout.write(f"{len(SCENES)} pictures in {FOLDER}\n")


if __name__ == "__main__":
    main()
