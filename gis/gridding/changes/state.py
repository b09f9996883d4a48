"""One state of a layer of grids, and which grids of two states are the same at once to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.errors import InputError
from gis.gridding.chain.fingerprint import fingerprints_of
from gis.gridding.changes.change import GridState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons
    from gis.gridding.changes.change import Id

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class State:
    """Grids of one layer, by id.

    Attributes:
        ids: Lasting ids, or codes where there are none; each once, ascending.
        codes: Shape (n,).
        names: Shape (n,); "" where there is none.
        polygons: Valid polygons and multipolygons in metres, shape (n,); None has no ground.
        areas: Square metres, shape (n,).
    """

    ids: tuple[Id, ...]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    polygons: Polygons
    areas: Floats

    @classmethod
    def of(cls, ids: Sequence[Id], codes: Sequence[str], names: Sequence[str], polygons: Polygons) -> State:
        """Put grids in the order of their ids.

        Raises:
            InputError: An id stands twice.
        """
        order = sorted(range(len(ids)), key=ids.__getitem__)
        for one, other in pairwise(order):
            if ids[one] == ids[other]:
                raise InputError(
                    f"{ids[one]!r} stands for two grids; give each grid its own, or leave one out",
                    field="code",
                    row=max(one, other) + 1,
                )
        ordered = np.asarray(polygons, dtype=object)[order]
        return cls(
            tuple(ids[i] for i in order),
            tuple(codes[i] for i in order),
            tuple(names[i] for i in order),
            ordered,
            np.nan_to_num(shapely.area(ordered)),
        )

    def __len__(self) -> int:
        """Count the grids."""
        return len(self.ids)

    def grid(self, position: int) -> GridState:
        """Return one grid."""
        return GridState(
            position,
            self.ids[position],
            self.codes[position],
            self.names[position],
            float(self.areas[position]),
        )


def same_ids(old: State, new: State) -> Integers:
    """Return the place in the new state of each old grid's id, or NOWHERE."""
    place = {id_: position for position, id_ in enumerate(new.ids)}
    return np.array([place.get(id_, NOWHERE) for id_ in old.ids], dtype=np.int64)


def plainly_same(old: State, new: State, width_m: float) -> Integers:
    """Pair grids whose ground is the same without any polygon being overlaid.

    1. Those of one id whose outlines have the same corners, one by one at most `width_m` apart. Nothing that
       passed can be wider then: to pass over a place, an outline on its straight way from the old to the new
       one goes over it, and is at most `width_m` from both together.
    2. Those with the same edges, bit by bit, wherever their rings start and whichever way they turn; of one
       id first, else in the order of the ids.

    Returns:
        Positions in both states, ascending, shape (n, 2). What is left may be the same all the same.
    """
    partner = same_ids(old, new)
    one = np.flatnonzero(partner != NOWHERE)
    near = are_near(old.polygons[one], new.polygons[partner[one]], width_m)
    pairs = np.column_stack((one[near], partner[one[near]]))
    here, there = (_missing(pairs[:, side], len(state)) for side, state in enumerate((old, new)))
    alike = _alike(old.polygons[here], new.polygons[there], _places(there, partner[here]))
    pairs = np.concatenate((pairs, np.column_stack((here[alike[:, 0]], there[alike[:, 1]]))))
    found: Integers = pairs[np.argsort(pairs[:, 0])]
    return found


def are_near(old: Polygons, new: Polygons, width_m: float) -> Flags:
    """Tell which polygons of one ring have the same corners, one by one at most `width_m` apart."""
    near = np.zeros(len(old), dtype=bool)
    for again in (False, True):
        left = np.flatnonzero(~near)
        before, after = (_alone(polygons[left]) for polygons in (old, new))
        if again:  # where a ring starts, and which way it turns, may differ
            before, after = shapely.normalize(before), shapely.normalize(after)
        plain = shapely.get_num_coordinates(before) == shapely.get_num_coordinates(after)
        for polygons in (before, after):
            plain &= shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON.value
            plain &= shapely.get_num_interior_rings(polygons) == 0
            plain &= ~shapely.is_empty(polygons)
        corners, owner = shapely.get_coordinates(before[plain], return_index=True)
        apart = np.hypot(*(corners - shapely.get_coordinates(after[plain])).T)
        far = np.zeros(int(plain.sum()), dtype=bool)
        far[owner[~(apart <= width_m)]] = True
        near[left[plain][~far]] = True
    return near


def _alone(polygons: Polygons) -> Polygons:
    """Take the polygon out of each multipolygon of one part, as databases keep all of them."""
    alone = shapely.get_num_geometries(polygons) == 1
    return np.where(alone, shapely.get_geometry(polygons, 0), polygons)


def _alike(old: Polygons, new: Polygons, partner: Integers) -> Integers:
    """Pair polygons with the same edges, shape (n, 2); `partner` are to be preferred."""
    prints = [fingerprints_of(polygons) for polygons in (old, new)]
    _, number = np.unique(np.concatenate(prints), axis=0, return_inverse=True)
    before, after = number[: len(old)], number[len(old) :]
    has_ground = [~shapely.is_missing(polygons) & ~shapely.is_empty(polygons) for polygons in (old, new)]
    first = np.flatnonzero((partner != NOWHERE) & has_ground[0])
    first = first[before[first] == after[partner[first]]]
    pairs = np.column_stack((first, partner[first]))
    ranks = []
    for side, numbers in enumerate((before, after)):
        left = _missing(pairs[:, side], len(numbers))
        left = left[has_ground[side][left]]
        order = left[np.argsort(numbers[left], kind="stable")]
        start = np.searchsorted(numbers[order], numbers[order])
        # the first of the same edges here goes with the first of them there
        ranks.append((order, numbers[order] * len(number) + np.arange(len(order)) - start))
    (here, one), (there, other) = ranks
    _, a, b = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    both: Integers = np.concatenate((pairs, np.column_stack((here[a], there[b]))))
    return both


def _missing(there: Integers, count: int) -> Integers:
    """List the numbers below `count` that are not there."""
    left = np.ones(count, dtype=bool)
    left[there] = False
    return np.flatnonzero(left)


def _places(ordered: Integers, wanted: Integers) -> Integers:
    """Say where in ascending numbers the wanted ones are, or NOWHERE."""
    if not len(ordered):
        return np.full(len(wanted), NOWHERE)
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[place] == wanted, place, NOWHERE)
