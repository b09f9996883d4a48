"""Holes that are meant: a lake, an enclave; marked once by the id of the gap, silent in later checks."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Path as FromPath
from pydantic import BaseModel, ConfigDict, Field

from gis.api.access import Acting, Transaction, needs
from gis.api.wire.caching import PRIVATE
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.store.checking.intended import list_intended
from gis.workflows.checking.intend import SHORTEST, intend_gap, take_back_mark

router = APIRouter(route_class=StrictRoute, prefix="/v1/intended-holes", tags=["checks"])

CREATED, NO_CONTENT = 201, 204
LASTING_ID = "3a2a4e5769f49dbfc782821eace20526"


class IntendedIn(BaseModel):
    """A gap that is meant, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"lasting_id": LASTING_ID, "reason": "Yunxi Lake"}}
    )

    lasting_id: Annotated[str, Field(pattern="^[0-9a-f]+$", min_length=SHORTEST, max_length=32)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class IntendedOut(BaseModel):
    """A hole that is meant (已确认的空白), as it was when it was marked."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "lasting_id": LASTING_ID,
                "reason": "Yunxi Lake",
                "grids": ["320115001001001", "320115001001002"],
                "area_m2": 48210.5,
                "marked_at": "2026-05-01T00:30:00Z",
                "marked_by": "operator",
            }
        },
    )

    lasting_id: str
    reason: str
    grids: list[str]
    area_m2: float
    marked_at: datetime
    marked_by: str


class IntendedListOut(BaseModel):
    """Holes that are meant, newest first."""

    holes: list[IntendedOut]


@router.get("", summary="Holes that are meant")
@needs(Right.READ_CHECKS)
def list_all(response: Response, session: Transaction) -> IntendedListOut:
    """Return the holes that are meant, newest first."""
    response.headers["Cache-Control"] = PRIVATE
    return IntendedListOut(holes=[IntendedOut.model_validate(hole) for hole in list_intended(session)])


@router.post("", status_code=CREATED, summary="Mark a gap as meant")
@needs(Right.DRAFT_PLANS)
def mark(response: Response, session: Transaction, actor: Acting, body: IntendedIn) -> IntendedOut:
    """Remember that a gap which one of the newest checks found is meant; later checks keep it silent."""
    hole = intend_gap(session, body.lasting_id, body.reason, actor)
    response.headers["Location"] = str(router.prefix)
    return IntendedOut.model_validate(hole)


@router.delete("/{lasting_id}", status_code=NO_CONTENT, summary="Take a mark back")
@needs(Right.DRAFT_PLANS)
def take_back(
    session: Transaction,
    actor: Acting,
    lasting_id: Annotated[str, FromPath(pattern="^[0-9a-f]{32}$")],
) -> None:
    """Let a hole be a gap again in later checks; who had marked it and why stays on record."""
    take_back_mark(session, lasting_id, actor)
