"""Areas: district, streets, communities as they stand in a release."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from gis.api.access import Configured, Transaction, needs
from gis.api.wire import geojson
from gis.api.wire.asked import AskedRelease
from gis.api.wire.caching import entity_tag, require_changed
from gis.api.wire.simplified import Simplify, drawn_like, said
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.nouns import AreaLevel
from gis.store.areas import list_areas

router = APIRouter(route_class=StrictRoute, prefix="/v1/areas", tags=["areas"])


@router.get("", summary="Areas as GeoJSON", response_class=Response, responses=geojson.ANSWERS)
@needs(Right.READ_GRIDS)
def list_features(
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    question: AskedRelease,
    level: Annotated[AreaLevel | None, Query(description="Only this level.")] = None,
    simplify: Simplify = None,
) -> Response:
    """Return areas with code, name, parent, households and population."""
    asked = question.release_in(session, settings)
    tag = entity_tag(request, asked.release.number, asked.release.sha256)
    headers = require_changed(request, tag, asked.keep)
    areas = list_areas(session, asked.release.number, level)
    members: dict[str, Any] = {
        "numberMatched": len(areas),
        "release": asked.named.model_dump(mode="json"),
        "links": geojson.links(request),
    }
    if simplify is not None:
        shapes = request.app.state.simplified.of(session, asked.release, simplify)
        areas, members = drawn_like(areas, shapes.areas), members | said(simplify, shapes)
    return geojson.answer_features(areas, members, headers)
