"""Proofs that areas and grids partition the areas above them exactly."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from gis.api.access import Transaction, needs
from gis.api.seen import SeenPlan
from gis.api.wire.caching import ASK_AGAIN, entity_tag, require_changed
from gis.api.wire.parameters import Id
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.nouns import AreaLevel, Plan, Release
from gis.store.checking.proofs import list_partitions
from gis.store.plans import get_plan
from gis.store.releases import get_release

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["checks"])


class PartitionOut(BaseModel):
    """An area, and whether its children, areas or natural grids, partition it corner for corner.

    `invalid` counts the polygons, its own included, of which nothing can be said.
    """

    model_config = ConfigDict(from_attributes=True)

    level: AreaLevel
    code: str
    name: str
    children: int
    invalid: int
    is_exact: bool


class ProofOut(BaseModel):
    """What is proved of all areas that have children."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "is_exact": True,
                "areas": [
                    {
                        "level": "community",
                        "code": "320199001001",
                        "name": "云溪社区",
                        "children": 9,
                        "invalid": 0,
                        "is_exact": True,
                    }
                ],
            }
        }
    )

    is_exact: bool
    areas: list[PartitionOut]


@router.get("/releases/{number}/proof", summary="Whether a release is seamless, corner for corner")
@needs(Right.READ_GRIDS)
def of_release(request: Request, response: Response, session: Transaction, number: Id) -> ProofOut:
    """Say of each area of a release whether its children partition it exactly, from stored fingerprints."""
    release = get_release(session, number)
    response.headers.update(require_changed(request, entity_tag(request, release), ASK_AGAIN))
    return proof(session, release)


@router.get("/plans/{plan_id}/proof", summary="Whether a plan is seamless, corner for corner")
@needs(Right.READ_PLANS)
def of_plan(session: Transaction, plan_id: SeenPlan) -> ProofOut:
    """Say the same of a plan, as it would be published: cheap enough to ask after every edit."""
    return proof(session, get_plan(session, plan_id))


def proof(session: Transaction, subject: Plan | Release) -> ProofOut:
    """Return what is proved of a plan or a release."""
    areas = [PartitionOut.model_validate(one) for one in list_partitions(session, subject)]
    return ProofOut(is_exact=bool(areas) and all(one.is_exact for one in areas), areas=areas)
