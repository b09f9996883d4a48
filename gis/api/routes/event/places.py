"""Where one event lies: in the release of its day, and in each release it was relocated into."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from gis.api.access import Transaction, needs
from gis.api.seen import SeenEvent
from gis.api.wire.caching import PRIVATE
from gis.api.wire.chains import Link, Named, Names
from gis.api.wire.event_forms import Nearest, event_out
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.store.events import get_event
from gis.store.places import StoredPlace, list_places

router = APIRouter(route_class=StrictRoute, prefix="/v1/events", tags=["events"])


class PlaceOut(BaseModel):
    """Where an event lies in one release; `is_own`: what it was given when it arrived."""

    release: int | None
    is_own: bool
    chain: list[Link]
    answers: Link | None
    near_boundary: bool
    nearest: Nearest | None


GRID: JsonDict = {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"}


class PlacesOut(BaseModel):
    """Where an event lies: as it was given when it arrived, then in each release it was relocated into."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "event": 871,
                "places": [
                    {
                        "release": 1,
                        "is_own": True,
                        "chain": [GRID],
                        "answers": GRID,
                        "near_boundary": False,
                        "nearest": None,
                    }
                ],
            }
        }
    )

    event: int
    places: list[PlaceOut]


@router.get("/{event_id}/places", summary="One event in other releases")
@needs(Right.READ_EVENTS)
def list_event_places(
    response: Response, session: Transaction, names: Named, event_id: SeenEvent
) -> PlacesOut:
    """Return the grids and areas an event lies in: then, and in each release it was relocated into."""
    response.headers["Cache-Control"] = PRIVATE
    event = get_event(session, event_id)
    own = event_out(event, names.of(session, event.release))
    given = {name: getattr(own, name) for name in PlaceOut.model_fields if name != "is_own"}
    first = PlaceOut(is_own=True, **given)
    others = [place_out(place, names.of(session, place.release)) for place in list_places(session, event_id)]
    return PlacesOut(event=event_id, places=[first, *others])


def place_out(place: StoredPlace, names: Names) -> PlaceOut:
    """Return a place as it goes out, with the names of its release."""
    nearest = None
    if place.chain.answers is None and place.nearest_grid is not None:
        nearest = Nearest(grid=names.grids.get(place.nearest_grid), distance_m=place.nearest_m)
    return PlaceOut(
        release=place.release,
        is_own=False,
        chain=names.chain(place.chain),
        answers=names.answering(place.chain),
        near_boundary=place.near_boundary,
        nearest=nearest,
    )
