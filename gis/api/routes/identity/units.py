"""Organisational units, and the table of roles and rights."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gis.api.access import Acting, Transaction, needs
from gis.api.routes.identity.users import UnitCode
from gis.api.wire.caching import PRIVATE
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import ADMINISTRATORS, RIGHTS, Reach, Right, Role
from gis.store.identity.units import list_units
from gis.workflows.identity.manage_units import NewUnit, add_unit

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["identity"])

CREATED = 201
UNIT_EXAMPLE: dict[str, JsonValue] = {
    "id": 2,
    "code": "320115001-C",
    "name": "云溪街道网格化服务管理中心",
    "parent_code": "320115-C",
    "area_code": "320115001",
}


class UnitIn(BaseModel):
    """A unit to add below another."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {name: UNIT_EXAMPLE[name] for name in UNIT_EXAMPLE if name != "id"}},
    )

    code: UnitCode
    name: Annotated[str, Field(min_length=1, max_length=200)]
    parent_code: UnitCode
    area_code: Annotated[
        str | None, Field(max_length=64, description="Its area; else that of the unit above.")
    ] = None


class UnitOut(BaseModel):
    """An organisational unit (机构)."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": UNIT_EXAMPLE})

    id: int
    code: str
    name: str
    parent_code: str | None
    area_code: str | None


class UnitsOut(BaseModel):
    """Units, each behind the one above it."""

    units: list[UnitOut]


class RoleOut(BaseModel):
    """What a role may do, and how far each right reaches."""

    role: Role
    is_administrator: bool
    rights: dict[Right, Reach]


class RolesOut(BaseModel):
    """All roles."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "roles": [
                    {
                        "role": "public_reporter",
                        "is_administrator": False,
                        "rights": {"events:report": "everywhere", "events:read": "own"},
                    }
                ]
            }
        }
    )

    roles: list[RoleOut]


@router.get("/units", summary="Units")
@needs(Right.MANAGE_USERS)
def list_all(response: Response, session: Transaction, actor: Acting) -> UnitsOut:
    """Return the units of one's branch, each behind the one above it."""
    response.headers["Cache-Control"] = PRIVATE
    return UnitsOut(units=[UnitOut.model_validate(unit) for unit in list_units(session, actor)])


@router.post("/units", status_code=CREATED, summary="Add a unit")
@needs(Right.MANAGE_USERS)
def create(session: Transaction, actor: Acting, body: UnitIn) -> UnitOut:
    """Add a unit below one of one's branch."""
    return UnitOut.model_validate(add_unit(session, NewUnit(**body.model_dump()), actor))


@router.get("/roles", summary="Roles and their rights")
@needs(Right.OWN_ACCOUNT)
def roles(_actor: Acting) -> RolesOut:
    """Return what each role may do, and how far."""
    return RolesOut(
        roles=[
            RoleOut(role=role, is_administrator=role in ADMINISTRATORS, rights=dict(RIGHTS[role]))
            for role in Role
        ]
    )
