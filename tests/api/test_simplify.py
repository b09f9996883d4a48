from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from districts import make_district
from releases import PLANNER, publish
from shapely.geometry import shape

from gis.api.wire.simplified import KEPT, SimplifiedReleases
from gis.gridding.chain.faults import Chain
from gis.store.plans import create_plan, save_plan_areas, save_plan_grids
from gis.store.releases import get_release
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    import httpx

    from gis.settings import Settings

GRIDS, AREAS = make_district(6)


@pytest.fixture(scope="module", autouse=True)
def _published(module_settings: Settings) -> None:
    """A district whose grids fill it."""
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        plan = create_plan(session, "whole", PLANNER)
        for save, frame in ((save_plan_areas, AREAS), (save_plan_grids, GRIDS)):
            save(
                session, plan.id, frame.drop(columns="id").assign(attributes=[{} for _ in range(len(frame))])
            )
        publish(session, plan.id, date(2026, 1, 1))
    engine.dispose()


def read(client: httpx.Client, address: str, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return shapes by code, and the members beside the features."""
    answer = client.get(address, params=asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    shapes = {one["properties"]["code"]: shape(one["geometry"]) for one in body.pop("features")}
    return shapes, body


def array(shapes: Any) -> np.ndarray:
    made = np.empty(len(shapes), dtype=object)
    made[:] = list(shapes)
    return made


def test_grids_and_areas_lose_corners_and_stay_seamless(client: httpx.Client) -> None:
    grids, said = read(client, "/v1/grids", release=1, kind="natural", simplify=200)
    assert said["simplified"] == {"tolerance_m": 200, "areas_not_seamless": []}
    full, unsaid = read(client, "/v1/grids", release=1, kind="natural")
    assert "simplified" not in unsaid
    assert grids.keys() == full.keys()
    assert sum(map(shapely.get_num_coordinates, grids.values())) < 0.7 * sum(
        map(shapely.get_num_coordinates, full.values())
    )
    levels = [array(grids.values())]
    for level in ("community", "street", "district"):
        areas, said = read(client, "/v1/areas", release=1, level=level, simplify=200)
        assert said["simplified"]["tolerance_m"] == 200
        levels.append(array(areas.values()))
        assert len(Chain.of(levels[-2], levels[-1]).residual) == 0


def test_pages_and_boxes_have_the_edges_of_the_whole(client: httpx.Client) -> None:
    whole, _ = read(client, "/v1/grids", release=1, simplify=150)
    page, said = read(client, "/v1/grids", release=1, simplify=150, limit=5)
    assert "simplify=150" in said["links"][1]["href"]
    for code, one in page.items():
        assert one.equals_exact(whole[code])
    community = next(iter(page))[:12]
    few, _ = read(client, "/v1/grids", release=1, simplify=150, area=community)
    assert 0 < len(few) < 10
    for code, one in few.items():
        assert one.equals_exact(whole[code])


@pytest.mark.parametrize("metres", ["0", "-3", "1001", "nan", "wide"])
@pytest.mark.parametrize("address", ["/v1/grids", "/v1/areas"])
def test_a_tolerance_that_is_none_is_refused(client: httpx.Client, address: str, metres: str) -> None:
    answer = client.get(address, params={"simplify": metres})
    assert answer.status_code == 400
    assert "simplify" in answer.text


def test_what_was_asked_for_last_is_kept(module_settings: Settings) -> None:
    engine = make_engine(module_settings)
    simplified = SimplifiedReleases()
    with transaction(engine) as session:
        release = get_release(session, 1)
        first = simplified.of(session, release, 10)
        assert simplified.of(session, release, 10) is first
        for metres in range(20, 20 + KEPT):
            assert simplified.of(session, release, metres) is not first
        assert simplified.of(session, release, 10) is not first
    engine.dispose()
