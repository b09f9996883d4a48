"""Draw the pictures of `docs/comparing.md`: two small states of three grids, and what a comparison finds."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import Polygon, box

from gis.gridding.changes.change import ChangeKind
from gis.gridding.changes.compare import compare
from gis.gridding.changes.state import State
from gis.gridding.checks.tolerance import Tolerance

if TYPE_CHECKING:
    from gis.gridding.changes.change import Change

FOLDER = Path(__file__).parent / "changes"
SCALE, EDGE, GAP = 0.55, 8, 40
COLOURS = {
    ChangeKind.SPLIT: "#0b62c4",
    ChangeKind.MERGED: "#14683f",
    ChangeKind.REGROUPED: "#6a3fb5",
    ChangeKind.NEW: "#00707a",
    ChangeKind.GONE: "#a3123f",
    ChangeKind.MOVED_EDGE: "#9a5300",
    ChangeKind.RESHAPED: "#4d6300",
    ChangeKind.RENAMED: "#55677a",
    ChangeKind.UNCHANGED: "#55677a",
}

Layer = dict[str, Polygon]

A, B, C = box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100)
ROW: Layer = {"A": A, "B": B, "C": C}
SCENES: dict[ChangeKind, tuple[Layer, Layer]] = {
    ChangeKind.SPLIT: (ROW, {"A": A, "B": box(100, 0, 200, 55), "D": box(100, 55, 200, 100), "C": C}),
    ChangeKind.MERGED: (ROW, {"A": box(0, 0, 200, 100), "C": C}),
    ChangeKind.REGROUPED: (ROW, {"A": box(0, 0, 170, 100), "D": box(170, 0, 200, 100), "C": C}),
    ChangeKind.NEW: ({"A": A, "B": B}, ROW),
    ChangeKind.GONE: (ROW, {"A": A, "B": B}),
    ChangeKind.MOVED_EDGE: (ROW, {"A": box(0, 0, 125, 100), "B": box(125, 0, 200, 100), "C": C}),
    ChangeKind.RESHAPED: (ROW, {"A": A, "B": B, "C": box(200, 0, 270, 100)}),
    ChangeKind.RENAMED: (ROW, {"A": A, "D": B, "C": C}),
    ChangeKind.UNCHANGED: (ROW, {"A": box(0, 0, 100.08, 100), "B": box(100.08, 0, 200, 100), "C": C}),
}


def changes_of(kind: ChangeKind) -> list[Change]:
    """Compare the states of a picture."""
    return compare(*(_state(layer) for layer in SCENES[kind]), Tolerance()).changes


def picture(kind: ChangeKind) -> str:
    """Draw both states side by side, and in the second one the ground that passed."""
    old, new = SCENES[kind]
    width, height = 300 * SCALE, 100 * SCALE
    both, high = 2 * (width + EDGE) + GAP, height + 2 * EDGE
    middle = EDGE + height / 2
    passed = [move.geometry for change in changes_of(kind) for move in change.moves]
    fill = f'fill="{COLOURS[kind]}" fill-opacity="0.45" stroke="none"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {both:.0f} {high:.0f}" role="img">',
        f'<rect width="{both:.0f}" height="{high:.0f}" fill="#ffffff"/>',
        *_drawn(old, EDGE),
        f'<path d="M{width + EDGE + 10:.1f} {middle:.1f}h18m-6 -5l6 5l-6 5" fill="none" stroke="#55677a"/>',
        *(_path(place, width + EDGE + GAP, fill) for place in passed),
        *_drawn(new, width + EDGE + GAP),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _state(layer: Layer) -> State:
    polygons = np.empty(len(layer), dtype=object)
    polygons[:] = list(layer.values())
    return State.of(list(layer), list(layer), [""] * len(layer), polygons)


def _drawn(layer: Layer, left: float) -> list[str]:
    lines = [
        _path(polygon, left, 'fill="none" stroke="#253445" stroke-width="1.2"') for polygon in layer.values()
    ]
    for code, polygon in layer.items():
        at = polygon.centroid
        x, y = left + at.x * SCALE, EDGE + (100 - at.y) * SCALE + 4
        lines.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-family="sans-serif" font-size="12" text-anchor="middle" '
            f'fill="#253445">{escape(code)}</text>'
        )
    return lines


def _path(shape: shapely.Geometry, left: float, style: str) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    steps = []
    for ring in rings:
        corners = shapely.get_coordinates(ring) * SCALE * (1, -1) + (left, EDGE + 100 * SCALE)
        steps.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners[:-1]) + "Z")
    return f'<path d="{"".join(steps)}" {style}/>'


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for kind in SCENES:
        (FOLDER / f"{kind}.svg").write_text(picture(kind), encoding="utf-8")


if __name__ == "__main__":
    main()
