"""The index: which polygons a point meets, and which of them has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import shapely

from gis.gridding.coverage.building.windows import build_cells
from gis.gridding.coverage.edit import Editor
from gis.gridding.coverage.frame import Frame
from gis.gridding.coverage.kernel import compiled_kernel
from gis.gridding.coverage.layout import OPEN
from gis.gridding.coverage.lookup import Tables, find_all, find_first, record_polygons, values_at
from gis.gridding.coverage.nearest import nearest_outlines
from gis.gridding.coverage.nearness import outlines_near
from gis.gridding.coverage.outlines import Outlines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from gis.gridding.coverage.lookup import Positions
    from gis.gridding.coverage.nearness import Around, Foot, Place
    from gis.gridding.coverage.outlines import Flags, Floats, Integers, Polygons

    Way: TypeAlias = Literal["compiled", "numpy"]


class CoverageIndex:
    """Polygons of one layer, ready to be asked which of them points meet.

    A point meets a polygon when GEOS' `intersects` says so, on its outline too. Of several that it meets
    the one with the lowest id has it, whatever the order of the polygons and the start or direction of
    their rings. Answers are positions: places in `ids`.

    Attributes:
        ids: The lasting id of each position.
    """

    def __init__(self, ids: Integers, outlines: Outlines, tables: Tables) -> None:
        self.ids = ids
        self.outlines = outlines
        self.tables = tables
        self._kernel = compiled_kernel(tables)
        self._editor: Editor | None = None

    @classmethod
    def build(cls, polygons: Polygons, ids: Integers) -> CoverageIndex:
        """Index polygons.

        Args:
            polygons: Polygons and multipolygons, none empty, coordinates finite, shape (p,); they may
                overlap, leave gaps and be invalid.
            ids: Their lasting ids, shape (p,).
        """
        numbers = np.asarray(ids, dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        outlines = Outlines.of(np.asarray(polygons, dtype=object)[order])
        frame = Frame.over(outlines.vertices)
        cells, blocks, words = build_cells(outlines, frame)
        return cls(numbers[order], outlines, Tables.of(frame, cells, blocks, words, outlines.vertices))

    def __len__(self) -> int:
        """Count the positions."""
        return len(self.ids)

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled kernel answers; else NumPy does, with the same answers."""
        return self._kernel is not None

    @property
    def nbytes(self) -> int:
        """The size of all arrays."""
        return sum(array.nbytes for array in self.arrays().values())

    def first(self, x: ArrayLike, y: ArrayLike, way: Way = "compiled") -> tuple[Positions, Flags]:
        """Find who has each point.

        Args:
            x: Shape (n,); NaN lies nowhere.
            y: Shape (n,).
            way: "numpy" leaves the compiled kernel aside.

        Returns:
            Positions, -1 for none, and whether the point lies on an outline of a polygon it meets.
        """
        px, py = _points(x, y)
        if self._kernel is not None and way == "compiled":
            position, on_outline = np.empty(len(px), dtype=np.int32), np.empty(len(px), dtype=bool)
            left = (
                np.flatnonzero(position == OPEN) if self._kernel.first(px, py, position, on_outline) else ()
            )
        else:
            position, on_outline = find_first(self.tables, px, py)
            left = np.flatnonzero(position == OPEN)
        if len(left):
            point, polygon, is_inside = self._ask_geos(px[left], py[left])
            position[left], on_outline[left] = -1, False
            # the last one written is the lowest id
            order = np.lexsort((-self.ids[polygon], point))
            position[left[point[order]]] = polygon[order]
            on_outline[left[point[~is_inside]]] = True
        return position, on_outline

    def at(self, x: float, y: float) -> tuple[int, bool]:
        """Find who has one point, -1 for none, and whether it lies on an outline of a polygon it meets."""
        position, on_outline = (OPEN, False) if self._kernel is None else self._kernel.at(x, y)
        if position == OPEN:
            positions, on_outlines = self.first([x], [y])
            return int(positions[0]), bool(on_outlines[0])
        return position, on_outline

    def locate_one(self, x: float, y: float) -> int:
        """Find who has one point: a position, -1 for none."""
        if self._kernel is not None:
            found = self._kernel.one(x, y)
            if found != OPEN:
                return found
        return int(self.first([x], [y])[0][0])

    def all_of_one(self, x: float, y: float) -> list[int]:
        """Find every polygon one point meets: positions, lowest id first."""
        found = None if self._kernel is None else self._kernel.all(x, y)
        return self.all([x], [y])[1].tolist() if found is None else found

    def all(self, x: ArrayLike, y: ArrayLike) -> tuple[Integers, Integers]:
        """Find every polygon each point meets: pairs of a point and a position, by point, then by id."""
        px, py = _points(x, y)
        if self._kernel is not None:
            value = np.empty(len(px), dtype=np.int32)
            self._kernel.values(px, py, value)
        else:
            value = values_at(self.tables, px, py)
        point, position = find_all(self.tables, value, px, py)
        left = np.unique(point[position == OPEN])
        if len(left):
            asked, polygon, _ = self._ask_geos(px[left], py[left])
            known = ~np.isin(point, left)
            point = np.concatenate((point[known], left[asked]))
            position = np.concatenate((position[known], polygon))
        order = np.lexsort((self.ids[position], point))
        return point[order], position[order]

    def near_one(self, place: Place, radius_m: float) -> list[Foot]:
        """Find every polygon whose outline is within a radius of a point."""
        if self._kernel is not None:
            return self._kernel.near(*place, radius_m)
        return outlines_near(self.tables, place.within(radius_m)).feet()

    def nearest_one(self, place: Place, most_m: float) -> list[Foot]:
        """Find the polygons whose outlines may be nearest to a point in longitude and latitude.

        The nearest one, and those that are so little farther that they may be nearer along the geodesic.
        """
        if self._kernel is not None:
            return self._kernel.nearest(*place, most_m)
        return nearest_outlines(self.tables, place, most_m)

    def any_near(self, around: Around) -> Flags:
        """Say of which points some outline is within the radius."""
        answer = np.zeros(len(around.x), dtype=bool)
        if self._kernel is None:
            answer[outlines_near(self.tables, around).point] = True
        else:
            self._kernel.within(around.x, around.y, around.x_m, around.y_m, around.radius_m, answer)
        return answer

    def replace(self, ids: Sequence[int], polygons: Polygons) -> None:
        """Change some polygons, in place: the one thing here that does.

        The first change copies the tables, to have room; each further one takes a time that depends on the
        polygons changed and their neighbours. Other threads may look up meanwhile: they see each place as
        it was or as it is. Only where a polygon reaches beyond the raster the index is built anew, and must
        not be asked until that is done.

        Args:
            ids: Lasting ids, each once.
            polygons: For each id its polygon from now on (as for `build`), or None where there is none any
                more; an id that is not there yet is added.
        """
        self._editor = self._editor or Editor(self.ids, self.outlines, self.tables)
        change = self._editor.store(ids, polygons)
        if change is None:
            self._build_anew(ids, polygons)
            return
        # before any cell refers to them
        self.ids, self.outlines = self._editor.ids, self._editor.outlines
        self._editor.rebuild(change)
        self.tables = self._editor.tables
        self._kernel = compiled_kernel(self.tables)

    def _build_anew(self, ids: Sequence[int], polygons: Polygons) -> None:
        kept = self._kept_but(ids)
        there = np.array([polygon is not None for polygon in polygons], dtype=bool)
        made = CoverageIndex.build(
            np.concatenate((self.polygons(kept), np.asarray(polygons, dtype=object)[there])),
            np.concatenate((self.ids[kept], np.asarray(ids, dtype=np.int64)[there])),
        )
        self.__dict__.update(made.__dict__)

    def _kept_but(self, ids: Sequence[int]) -> Integers:
        rings = self.outlines.polygon_rings
        return np.flatnonzero((rings[:, 1] > rings[:, 0]) & ~np.isin(self.ids, np.asarray(ids)))

    def polygons(self, positions: Integers) -> Polygons:
        """Return the polygons at positions."""
        return self.outlines.polygons(np.asarray(positions, dtype=np.int64))

    def _ask_geos(self, x: Floats, y: Floats) -> tuple[Integers, Integers, Flags]:
        """Return pairs of a point and a polygon it meets, and whether it lies inside, off the outline."""
        point, polygon = record_polygons(self.tables, x, y)
        kinds, which = np.unique(polygon, return_inverse=True)
        shapes = self.polygons(kinds)[which]
        with np.errstate(all="ignore"):  # vast coordinates overflow inside GEOS; its answer stands
            meets = shapely.intersects_xy(shapes, x[point], y[point])
            inside = shapely.contains_xy(shapes[meets], x[point[meets]], y[point[meets]])
        return point[meets], polygon[meets], inside

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for a file."""
        return {"ids": self.ids, **self.outlines.arrays(), **self.tables.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> CoverageIndex:
        """Take the arrays of `arrays` back, without a copy; they may be read-only memory maps."""
        outlines = Outlines.from_arrays(arrays)
        return cls(arrays["ids"], outlines, Tables.from_arrays(arrays, outlines.vertices))


def _points(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    px, py = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    return np.ascontiguousarray(px).ravel(), np.ascontiguousarray(py).ravel()
