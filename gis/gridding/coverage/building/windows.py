"""Build the tables of a coverage index window by window, so that no more is drawn at once than fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.building.blocks import build_window
from gis.gridding.coverage.building.raster import Surroundings, Window
from gis.gridding.coverage.layout import BEHIND, UNIT
from gis.gridding.coverage.outlines import Edges, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gis.gridding.coverage.frame import Frame
    from gis.gridding.coverage.outlines import Integers, Outlines

# Fine cells of one window: what is built at once stays near the processor.
WINDOW_CELLS = 1 << 20
# How finely a window is drawn at first; where it has to be finer, it is drawn again.
DEPTH = 3
NEXT_TO = 1e-3  # cells


def build_cells(
    outlines: Outlines, frame: Frame
) -> tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int32]]:
    """Build all cells of a frame.

    Args:
        outlines: The polygons, lowest id first.
        frame: The raster over them.

    Returns:
        The cells row by row and one more for everything outside; the blocks; the words of the records.
    """
    cells = np.full(frame.rows * frame.columns + 1, -1, dtype=np.int32)
    blocks, words = [np.empty(0, dtype=np.uint8)], [np.empty(0, dtype=np.int32)]
    units = word = 0
    around = surroundings(outlines, frame, np.arange(len(outlines)))
    for window, near in _bands(around, frame):
        built = build_window(near, window, word, units)
        cells[window.first_row * frame.columns : window.end_row * frame.columns] = built.cells
        blocks.append(built.blocks)
        words.append(built.words)
        units += len(built.blocks) // UNIT
        word += len(built.words)
    # a look-up may read this far behind a record to see what kind it is
    words.append(np.zeros(BEHIND, dtype=np.int32))
    return cells, np.concatenate(blocks), np.concatenate(words)


def surroundings(outlines: Outlines, frame: Frame, which: Integers) -> Surroundings:
    """Collect the edges of some polygons on the raster.

    Args:
        outlines: All polygons.
        frame: The raster.
        which: Positions, lowest id first.
    """
    asks = outlines.asks_geos[which] if frame.is_usable else np.ones(len(which), dtype=bool)
    asked = asks.nonzero()[0]
    return Surroundings(
        edges=_edges(outlines, frame, which, (~asks).nonzero()[0]),
        positions=which,
        vertices=outlines.vertices,
        asked=asked,
        asked_boxes=np.array([_box(outlines, frame, position) for position in which[asked]]).reshape(-1, 4),
    )


def _edges(outlines: Outlines, frame: Frame, which: Integers, numbers: Integers) -> Edges:
    first, end = outlines.polygon_rings[which[numbers]].T
    ring = ranges(first, end - first)
    start = outlines.ring_offsets[ring]
    count = outlines.ring_offsets[ring + 1] - start - 1
    vertex = ranges(start, count)
    ends = count.cumsum()
    place = np.arange(len(vertex))
    before, after = place - 1, place + 1
    before[ends - count], after[ends - 1] = ends - 1, ends - count
    u, v = frame.place(*outlines.vertices[vertex].T)
    return Edges(
        vertex=vertex,
        polygon=numbers.repeat(end - first).repeat(count),
        u1=u,
        v1=v,
        u2=u[after],
        v2=v[after],
        before=before,
        after=after,
    )


def _box(outlines: Outlines, frame: Frame, position: int) -> tuple[float, float, float, float]:
    if not frame.is_usable:
        return 0.0, 0.0, 0.0, 0.0
    first, end = outlines.ring_offsets[outlines.polygon_rings[position]]
    u, v = frame.place(*outlines.vertices[first:end].T)
    # one cell more each way than the box: no point of it is missed by rounding
    return (
        max(float(u.min()) - 1, 0.0),
        max(float(v.min()) - 1, 0.0),
        min(float(u.max()) + 1, frame.columns - 1.0),
        min(float(v.max()) + 1, frame.rows - 1.0),
    )


def _bands(around: Surroundings, frame: Frame) -> Iterator[tuple[Window, Surroundings]]:
    """Cut the frame into bands of whole rows, each with the edges that reach into it."""
    edges = around.edges
    rows = max(1, WINDOW_CELLS // (frame.columns << (2 * DEPTH)))
    # an edge that ends next to a band may go on in it
    low = np.floor(np.minimum(edges.v1, edges.v2) - NEXT_TO).astype(np.int64) // rows
    high = np.floor(np.maximum(edges.v1, edges.v2) + NEXT_TO).astype(np.int64) // rows
    band = ranges(low, high - low + 1)
    order = np.argsort(band, kind="stable")
    edge = np.repeat(np.arange(len(edges)), high - low + 1)[order]
    ends = np.searchsorted(band[order], np.arange(-(-frame.rows // rows) + 1))
    for number, first in enumerate(range(0, frame.rows, rows)):
        members = edge[ends[number] : ends[number + 1]]
        window = Window(0, first, frame.columns, min(first + rows, frame.rows), DEPTH)
        yield window, around.only(members)
