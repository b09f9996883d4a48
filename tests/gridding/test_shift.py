from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.gridding import shift

if TYPE_CHECKING:
    from collections.abc import Callable

    Shift = Callable[..., tuple[np.ndarray, np.ndarray]]

CM = 1e-7  # degrees
STEPS = [(shift.wgs84_to_gcj02, shift.gcj02_to_wgs84), (shift.gcj02_to_bd09, shift.bd09_to_gcj02)]

# published pairs, longitude and latitude before and after the shift
PAIRS = [
    (shift.gcj02_to_wgs84, (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    (shift.gcj02_to_wgs84, (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    (shift.gcj02_to_wgs84, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    (shift.bd09_to_gcj02, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
    (shift.gcj02_to_wgs84, (118.8317447, 31.9565713), (118.83684884, 31.95445754)),
    (shift.bd09_to_wgs84, (118.8317447, 31.9565713), (118.84340128, 31.96033746)),
    (shift.gcj02_to_wgs84, (118.65, 31.60), (118.65502516, 31.59789751)),
    (shift.bd09_to_wgs84, (119.05, 32.07), (119.06186904, 32.07435155)),
    (shift.gcj02_to_wgs84, (122.993955810, 44.998040618), (123.0, 45.0)),
    (shift.bd09_to_wgs84, (183.0, 45.0), (183.0, 45.0)),
]


@pytest.mark.parametrize(("inverse", "before", "after"), PAIRS)
def test_inverses_of_published_points_are_right_to_a_centimetre(
    inverse: Shift, before: tuple[float, float], after: tuple[float, float]
) -> None:
    lon, lat = inverse(*after)
    assert abs(float(lon) - before[0]) < CM
    assert abs(float(lat) - before[1]) < CM


WEST, SOUTH, EAST, NORTH = shift.SHIFTED_BOX
beside_edges = st.one_of(
    st.tuples(
        st.sampled_from([WEST, EAST]).flatmap(lambda lon: st.floats(lon - 0.02, lon + 0.02)),
        st.floats(SOUTH - 0.02, NORTH + 0.02),
    ),
    st.tuples(
        st.floats(WEST - 0.02, EAST + 0.02),
        st.sampled_from([SOUTH, NORTH]).flatmap(lambda lat: st.floats(lat - 0.02, lat + 0.02)),
    ),
)


def in_box(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)


@pytest.mark.parametrize(("there", "back"), STEPS)
@given(points=st.lists(beside_edges, min_size=1, max_size=20))
def test_round_trips_at_the_edge_of_the_shifted_box(
    there: Shift, back: Shift, points: list[tuple[float, float]]
) -> None:
    lon, lat = np.array(points).T
    moved_lon, moved_lat = there(lon, lat)
    again_lon, again_lat = back(moved_lon, moved_lat)
    # a point shifted out of the box is taken for one that was never shifted
    left = in_box(lon, lat) & ~in_box(moved_lon, moved_lat)
    np.testing.assert_array_equal(again_lon[left], moved_lon[left])
    np.testing.assert_array_equal(again_lat[left], moved_lat[left])
    np.testing.assert_allclose(again_lon[~left], lon[~left], rtol=0, atol=1e-9)
    np.testing.assert_allclose(again_lat[~left], lat[~left], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("there", "back"), STEPS)
def test_a_million_points_come_back_to_a_billionth_of_a_degree(there: Shift, back: Shift) -> None:
    random = np.random.default_rng(5)
    lon, lat = random.uniform(72.1, 137.7, 1_000_000), random.uniform(0.9, 55.7, 1_000_000)
    again_lon, again_lat = back(*there(lon, lat))
    assert np.abs(again_lon - lon).max() < 1e-11
    assert np.abs(again_lat - lat).max() < 1e-11


@pytest.mark.parametrize(("there", "back"), STEPS)
def test_the_shape_of_what_came_stays_and_what_came_is_not_changed(there: Shift, back: Shift) -> None:
    lon, lat = np.array([[118.8, 1e300], [-np.inf, 118.9]]), np.array([[31.9, 1e300], [31.9, np.nan]])
    kept = lon.copy()
    for move in (there, back):
        moved_lon, moved_lat = move(lon, lat)
        assert moved_lon.shape == moved_lat.shape == (2, 2)
        assert np.isnan(moved_lon).tolist() == np.isnan(moved_lat).tolist() == [[False, False], [True, True]]
        assert (moved_lon[0, 1], moved_lat[0, 1]) == (1e300, 1e300)
        assert move(118.8, 31.9)[0].shape == ()
        assert float(move(118.8, 31.9)[0]) == moved_lon[0, 0]
        assert move([], [])[0].shape == (0,)
        assert move(118.8, [31.9, 31.9])[0].shape == (2,)
    np.testing.assert_array_equal(lon, kept)
