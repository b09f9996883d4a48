from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from coverings import objects, telling_points
from districts import make_district
from shapely import affinity

from gis.gridding.drafting.draft_index import DraftIndex
from gis.gridding.locate import GridIndex
from gis.gridding.located import NONE
from gis.nouns import GridKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.located import Located

CHAIN = ("natural", "dedicated", "special", "special_offsets", "community", "street", "district")
FIRST_NEW = 10_000


def named(index: GridIndex, lasting_id: int) -> tuple[str, str, str]:
    labels, position = index.grid_labels, index.grid_labels.position(lasting_id)
    return labels.code(position), labels.name(position), str(labels.kind(position))


def distances(located: Located) -> dict[int, float]:
    return {one.grid_id: one.distance_m for one in located.candidates}


def assert_same(draft: GridIndex, built: GridIndex, x: NDArray[Any], y: NDArray[Any]) -> None:
    found, wanted = draft.locate_many(x, y), built.locate_many(x, y)
    for name in (*CHAIN, "on_boundary"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), name)
    for met in np.unique(np.concatenate((wanted.answers, wanted.special))):
        assert met == NONE or named(draft, met) == named(built, met)
    for lon, lat in zip(x[::9], y[::9], strict=True):
        if np.isfinite(lon) and np.isfinite(lat):
            one, other = draft.locate(lon, lat, 30.0), built.locate(lon, lat, 30.0)
            assert (one.chain, one.on_boundary) == (other.chain, other.on_boundary)
            assert one.boundary_m == pytest.approx(other.boundary_m, abs=1e-6)
            assert distances(one) == pytest.approx(distances(other), abs=1e-6)


def some_change(
    grids: geopandas.GeoDataFrame, rng: np.random.Generator, step: int
) -> tuple[geopandas.GeoDataFrame, list[int]]:
    """Return some grids moved, renamed or of another kind, some new ones, and ids of some that are gone."""
    picked = grids.iloc[rng.choice(len(grids), 7, replace=False)]
    changed = picked.iloc[:5].copy()
    moved = [affinity.translate(one, *rng.uniform(-0.01, 0.01, 2)) for one in changed.geometry]
    changed["geometry"] = objects([*moved[:3], *changed.geometry[3:]])
    changed["name"] = [f"改{step}-{i}" for i in range(5)]
    kinds = changed["kind"].tolist()
    changed["kind"] = [*kinds[:4], "dedicated" if kinds[4] == "natural" else "natural"]
    changed["community_code"] = rng.permutation(changed["community_code"].to_numpy())
    new = picked.iloc[:1].assign(id=FIRST_NEW + step, code=f"new {step}", name="新")
    return pd.concat([changed, new], ignore_index=True), picked["id"].tolist()[5:]


# in the small district so many change at once that layers are built anew
@pytest.mark.parametrize("arrays", ["read-only", "writable"])
@pytest.mark.parametrize(("seed", "side"), [(0, 6), (1, 6), (2, 13), (3, 13), (4, 13)])
def test_after_every_change_it_answers_as_if_built_anew_and_what_it_was_made_from_stays(
    seed: int, side: int, arrays: str
) -> None:
    rng = np.random.default_rng(seed)
    grids, areas = make_district(side, seed=seed)
    before = GridIndex.build(grids, areas)
    if arrays == "read-only":  # as where it is a file that processes share
        for array in before.to_arrays().values():
            array.flags.writeable = False
    kept = {name: array.tobytes() for name, array in before.to_arrays().items()}
    draft, now, alike = DraftIndex(before), grids, GridIndex.build(grids, areas)
    for step in range(6):
        changed, gone = some_change(now, rng, step)
        draft.change(changed, gone)
        rest = now[~now["id"].isin([*changed["id"], *gone])]
        now = geopandas.GeoDataFrame(pd.concat([rest, changed], ignore_index=True), crs=grids.crs)
        x, y = telling_points(now.geometry.to_numpy(), 600, rng)
        assert_same(draft.index, GridIndex.build(now, areas), x, y)
        assert_same(before, alike, x, y)
    assert {name: array.tobytes() for name, array in before.to_arrays().items()} == kept


def test_areas_that_change_lead_unchanged_grids_to_their_communities_by_code() -> None:
    grids, areas = make_district(6)
    # one community is gone, one has another street, and a new one comes first
    changed = areas.drop(index=areas.index[-1]).assign(id=lambda frame: frame["id"] + 100)
    changed.loc[changed.index[-2], "parent_code"] = changed[changed["level"] == "street"]["code"].iloc[0]
    draft = DraftIndex(GridIndex.build(grids, areas), changed)
    built = GridIndex.build(grids, changed)
    x, y = telling_points(grids.geometry.to_numpy(), 600, np.random.default_rng(1))
    assert_same(draft.index, built, x, y)
    draft.change(grids.iloc[:3])
    assert_same(draft.index, built, x, y)


def test_a_grid_may_come_back_go_twice_and_lose_its_polygon() -> None:
    grids, areas = make_district(13)
    draft = DraftIndex(GridIndex.build(grids, areas))
    first, inside = grids.iloc[:1], shapely.point_on_surface(grids.geometry.iloc[0])
    for _ in range(2):
        draft.change(grids.iloc[:0], [1])
        assert draft.index.locate(inside.x, inside.y).chain.natural is None
    draft.change(first)
    assert draft.index.locate(inside.x, inside.y).chain.natural == 1
    draft.change(first.assign(geometry=objects([shapely.Polygon()])))
    assert draft.index.locate(inside.x, inside.y).chain.natural is None


def test_a_draft_is_kept_in_no_file() -> None:
    with pytest.raises(TypeError, match="draft"):
        DraftIndex(GridIndex.build(*make_district(6))).index.to_arrays()


def test_a_kind_of_grids_that_there_was_none_of() -> None:
    grids, areas = make_district(6)
    natural = grids[grids["kind"] == GridKind.NATURAL.value]
    draft = DraftIndex(GridIndex.build(natural, areas))
    draft.change(grids[grids["kind"] != GridKind.NATURAL.value])
    x, y = telling_points(grids.geometry.to_numpy(), 600, np.random.default_rng(2))
    assert_same(draft.index, GridIndex.build(grids, areas), x, y)
