"""One entry a route: how to ask it, and of which things. What is to be answered is derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from matrix.world import A1, A11, PHONE, WEST, Kind, Thing, all_areas, file_of, frame, own_grid

from gis.gridding.rules.identity import ids_of
from gis.identity.roles import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Part = tuple[Kind, Right | None]


@dataclass(frozen=True)
class Ask:
    """One way to ask a route.

    Attributes:
        of: Kinds of the thing it is about, each with the right it is seen by; None: the route's own.
        seen: Status if all of these are seen, or nothing is to be seen.
        unseen: Status if one is invisible.
        gone: Status if it was deleted.
        is_apart: For who has the route's right over their own alone, all these are as if deleted.
        query: Parameters.
        body: JSON.
        form: Fields and a file.
        shows: Kind of which the answer holds the mark of each thing that is seen, and of no other.
        lists: Kind of which the answer holds the ids; with the name of the list and of the id in it.
        only: Which things the answer can hold at all.
        is_costly: It takes long, so that each caller sees it succeed once.
    """

    of: tuple[Part, ...] = ()
    seen: int | Callable[[Thing], int] = 200
    unseen: int = 404
    gone: int = 404
    is_apart: bool = False
    query: Callable[[Thing], Mapping[str, Any]] = lambda _: {}
    body: Callable[[Thing], Any] | None = None
    form: Callable[[Thing], tuple[dict[str, str], Any]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    shows: Kind | None = None
    lists: tuple[Kind, str, str] | None = None
    only: Callable[[Thing], bool] = lambda _: True
    is_costly: bool = False


def of(kind: Kind, right: Right | None = None, **more: Any) -> Ask:
    """Return an ask about a thing."""
    return Ask(of=((kind, right),), **more)


def with_query(**query: Any) -> Callable[[Thing], Mapping[str, Any]]:
    """Return parameters that are the same for every thing."""
    return lambda _: query


def with_body(body: Any) -> Callable[[Thing], Any]:
    """Return a body that is the same for every thing."""
    return lambda _: body


def grid_file(thing: Thing) -> tuple[dict[str, str], Any]:
    """Return the form that uploads a grid of the thing's community."""
    return {"crs": "cgcs2000", "kind": "natural"}, file_of(frame([own_grid(thing.unit)]))


def area_file(_thing: Thing) -> tuple[dict[str, str], Any]:
    """Return the form that uploads a community."""
    areas = all_areas()
    return {"crs": "cgcs2000", "level": "community"}, file_of(areas[areas["code"] == A11])


def report(thing: Thing) -> dict[str, Any]:
    """Return a report under the number of a thing's event, or, of one that is gone, would make another."""
    return {
        "source": "matrix",
        "source_id": thing.name,
        "x": WEST[A11] + 0.01,
        "y": 31.02,
        "crs": "cgcs2000",
        "reported_at": "2020-06-01T00:00:00Z",
        "category": "rubbish",
    }


def gap_of(thing: Thing) -> dict[str, Any]:
    """Return what marks the gap of a thing's check as meant."""
    gap = thing.more.get("gap")
    return {"lasting_id": "0" * 32 if gap is None else ids_of([gap])[0], "reason": "a lake"}


def is_queued(thing: Thing) -> bool:
    """Whether a thing's event is in the unlocated queue: in no community there is a grid for it."""
    return thing.areas is not None and len(thing.areas) < len((A1, A11, "district"))


PLACE = {"lon": WEST[A11] + 0.01, "lat": 31.02, "crs": "cgcs2000"}
NAME = {"login": "somebody.new", "name": "新人"}
PLAIN = (Ask(),)
NEW = Thing("new", None, None, "nobody")
WRONG = {"old_password": "not the present one", "password": "four unrelated words here"}

ENTRIES: dict[tuple[str, str], tuple[Ask, ...]] = {
    ("GET", "/v1/locate"): (
        Ask(query=with_query(**PLACE)),
        of(Kind.PLAN, Right.READ_PLANS, query=lambda thing: PLACE | {"plan": thing.ids[Kind.PLAN]}),
    ),
    ("POST", "/v1/locate"): (
        Ask(body=with_body({"points": [[WEST[A11] + 0.01, 31.02]], "crs": "cgcs2000"})),
    ),
    ("GET", "/v1/grids"): PLAIN,
    ("GET", "/v1/grids/by-code/{code}"): PLAIN,
    ("GET", "/v1/grids/{grid_id}"): PLAIN,
    ("GET", "/v1/grids/{grid_id}/history"): PLAIN,
    ("GET", "/v1/grids/{grid_id}/duty"): PLAIN,
    ("GET", "/v1/areas"): PLAIN,
    ("GET", "/v1/releases"): PLAIN,
    ("GET", "/v1/releases/current"): PLAIN,
    ("GET", "/v1/releases/{number}"): PLAIN,
    ("POST", "/v1/releases/{number}/check"): (Ask(seen=201),),
    ("GET", "/v1/releases/{old}/crosswalk/{new}"): (Ask(),),
    ("GET", "/v1/releases/{number}/coverage"): PLAIN,
    ("GET", "/v1/releases/{number}/coverage/remainder"): PLAIN,
    ("GET", "/v1/releases/{number}/proof"): PLAIN,
    ("GET", "/v1/releases/{old}/changes/{new}"): PLAIN,
    ("POST", "/v1/plans"): (
        Ask(body=with_body({"title": "mine"}), seen=201),
        of(Kind.UNIT, body=lambda thing: {"title": "theirs", "unit_code": thing.name}, seen=201),
    ),
    ("GET", "/v1/plans"): (Ask(shows=Kind.PLAN, lists=(Kind.PLAN, "plans", "id")),),
    ("GET", "/v1/plans/{plan_id}"): (of(Kind.PLAN),),
    ("POST", "/v1/plans/{plan_id}/areas"): (
        of(
            Kind.PLAN,
            form=area_file,
            is_costly=True,
            # only plans of a whole district bring areas
            seen=lambda thing: 200 if thing.unit in {"RA", "DA", None} else 422,
        ),
    ),
    ("POST", "/v1/plans/{plan_id}/grids"): (of(Kind.PLAN, form=grid_file, is_costly=True),),
    ("POST", "/v1/plans/{plan_id}/check"): (
        of(Kind.PLAN, seen=201, is_costly=True),
        of(Kind.PLAN, seen=202, headers={"Prefer": "respond-async"}),
    ),
    ("POST", "/v1/plans/{plan_id}/publish"): (
        of(
            Kind.PLAN,
            is_costly=True,
            seen=201,
            body=with_body({"effective_from": "2099-01-01", "accept_reason": "so"}),
        ),
    ),
    ("GET", "/v1/plans/{plan_id}/proof"): (of(Kind.PLAN),),
    ("POST", "/v1/plans/{plan_id}/repair"): (
        of(Kind.PLAN, body=with_body({}), is_costly=True),
        of(Kind.PLAN, seen=202, body=with_body({}), headers={"Prefer": "respond-async"}),
    ),
    ("GET", "/v1/plans/{plan_id}/operations"): (of(Kind.PLAN),),
    ("GET", "/v1/plans/{plan_id}/operations/{number}"): (of(Kind.PLAN),),
    ("POST", "/v1/plans/{plan_id}/operations/{number}/undo"): (of(Kind.PLAN),),
    # it was not undone
    ("POST", "/v1/plans/{plan_id}/operations/{number}/redo"): (of(Kind.PLAN, seen=409),),
    ("GET", "/v1/plans/{plan_id}/changes"): (of(Kind.PLAN, is_costly=True),),
    ("GET", "/v1/checks/{check_id}"): (of(Kind.CHECK),),
    ("GET", "/v1/checks/{check_id}/findings"): (
        of(Kind.CHECK),
        of(Kind.CHECK, query=with_query(f="sarif")),
        of(Kind.CHECK, query=with_query(f="gpkg"), is_costly=True),
    ),
    ("GET", "/v1/intended-holes"): PLAIN,
    ("POST", "/v1/intended-holes"): (of(Kind.CHECK, body=gap_of, seen=201),),
    ("DELETE", "/v1/intended-holes/{lasting_id}"): (Ask(seen=204),),
    ("GET", "/v1/jobs"): (Ask(lists=(Kind.JOB, "jobs", "id"), query=with_query(limit=200)),),
    ("GET", "/v1/jobs/{job_id}"): (of(Kind.JOB),),
    ("GET", "/v1/jobs/{job_id}/results"): (of(Kind.JOB, seen=303),),
    # what a job answers with is of its plan
    ("GET", "/v1/jobs/{job_id}/answer"): (Ask(of=((Kind.JOB, None), (Kind.PLAN, Right.READ_PLANS))),),
    # it has ended
    ("DELETE", "/v1/jobs/{job_id}"): (of(Kind.JOB, seen=409),),
    ("POST", "/v1/events"): (
        Ask(body=lambda _: report(NEW), seen=201),
        # it says something else than the event there is
        of(Kind.EVENT, Right.READ_EVENTS, body=report, seen=409, unseen=409, gone=201, is_apart=True),
    ),
    ("POST", "/v1/events/batch"): (
        Ask(body=lambda _: {"events": [report(NEW)]}),
        of(Kind.EVENT, Right.READ_EVENTS, body=lambda one: {"events": [report(one)]}, unseen=200, gone=200),
    ),
    ("GET", "/v1/events"): (
        Ask(shows=Kind.EVENT, lists=(Kind.EVENT, "events", "id"), query=with_query(limit=1000)),
        Ask(shows=Kind.EVENT, query=with_query(limit=1000, f="geojson")),
        Ask(shows=Kind.EVENT, query=with_query(limit=1000, f="csv")),
    ),
    ("GET", "/v1/events/unlocated"): (
        Ask(
            shows=Kind.EVENT,
            lists=(Kind.EVENT, "events", "id"),
            query=with_query(limit=1000),
            only=is_queued,
        ),
    ),
    ("GET", "/v1/events/{event_id}"): (of(Kind.EVENT),),
    ("GET", "/v1/events/{event_id}/places"): (of(Kind.EVENT),),
    ("POST", "/v1/events/search"): (
        Ask(
            body=with_body({"reporter_phone": PHONE, "reason": "call back"}),
            shows=Kind.EVENT,
            lists=(Kind.EVENT, "events", "id"),
        ),
    ),
    ("POST", "/v1/events/{event_id}/reveal"): (of(Kind.EVENT, body=with_body({"reason": "call back"})),),
    ("POST", "/v1/workers/{worker_id}/reveal"): (of(Kind.WORKER, body=with_body({"reason": "call"})),),
    ("PUT", "/v1/workers/{worker_id}/personal"): (of(Kind.WORKER, body=with_body({"phone": PHONE})),),
    ("GET", "/v1/audit"): (Ask(), Ask(query=with_query(f="csv"))),
    ("GET", "/maps/grids"): PLAIN,
    ("GET", "/maps/findings"): (
        Ask(),
        of(Kind.CHECK, query=lambda thing: {"check": thing.ids[Kind.CHECK]}, is_costly=True),
    ),
    ("GET", "/maps/events"): (Ask(shows=Kind.EVENT, only=lambda thing: bool(thing.areas)),),
    ("GET", "/maps/choropleth"): PLAIN,
    ("GET", "/maps/coverage"): PLAIN,
    ("GET", "/maps/changes"): PLAIN,
    ("GET", "/maps/heat-time"): PLAIN,
    ("GET", "/maps/heat"): (Ask(seen=307),),
    ("POST", "/v1/sessions"): (Ask(body=with_body({"login": "x", "password": "y"}), seen=401),),
    ("POST", "/v1/sessions/renew"): (Ask(body=with_body({"refresh_token": "x"}), seen=401),),
    ("POST", "/v1/sessions/activate"): (
        Ask(body=with_body({"login": "x", "secret": "y", "password": "four unrelated words"}), seen=401),
    ),
    ("GET", "/v1/sessions"): (Ask(lists=(Kind.SESSION, "sessions", "id")),),
    ("DELETE", "/v1/sessions"): (Ask(seen=204),),
    ("DELETE", "/v1/sessions/current"): (Ask(seen=204),),
    ("DELETE", "/v1/sessions/{session_id}"): (of(Kind.SESSION, seen=204),),
    # there is no provider
    ("GET", "/v1/oidc/begin"): (Ask(seen=404),),
    ("GET", "/v1/oidc/callback"): (Ask(seen=404, query=with_query(state="x", code="y")),),
    ("GET", "/v1/me"): PLAIN,
    ("POST", "/v1/me/password"): (Ask(body=with_body(WRONG), seen=422),),
    ("POST", "/v1/me/codes"): (Ask(body=with_body({"password": "not the present one"}), seen=422),),
    # nothing was begun
    ("PUT", "/v1/me/codes"): (Ask(body=with_body({"code": "123456"}), seen=409),),
    ("POST", "/v1/me/codes/end"): (Ask(body=with_body({"password": "not the present one"}), seen=422),),
    ("GET", "/v1/users"): (Ask(shows=Kind.USER, lists=(Kind.USER, "users", "id")),),
    ("POST", "/v1/users"): (of(Kind.UNIT, body=lambda thing: NAME | {"unit_code": thing.name}, seen=201),),
    ("GET", "/v1/users/{user_id}"): (of(Kind.USER),),
    ("POST", "/v1/users/{user_id}/disable"): (of(Kind.USER),),
    ("POST", "/v1/users/{user_id}/enable"): (of(Kind.USER),),
    ("POST", "/v1/users/{user_id}/secret"): (of(Kind.USER),),
    ("DELETE", "/v1/users/{user_id}/sessions"): (of(Kind.USER, seen=204),),
    ("GET", "/v1/users/{user_id}/grants"): (of(Kind.USER),),
    ("POST", "/v1/users/{user_id}/grants"): (
        Ask(
            of=((Kind.USER, None), (Kind.UNIT, None)),
            body=lambda thing: {"role": "public_reporter", "unit_code": thing.name},
            seen=201,
        ),
    ),
    ("DELETE", "/v1/users/{user_id}/grants/{grant_id}"): (of(Kind.USER, seen=204),),
    ("GET", "/v1/units"): (Ask(lists=(Kind.UNIT, "units", "id")),),
    ("POST", "/v1/units"): (
        of(
            Kind.UNIT,
            body=lambda thing: {"code": "NEW", "name": "新", "parent_code": thing.name},
            seen=201,
        ),
    ),
    ("GET", "/v1/roles"): PLAIN,
    ("GET", "/"): PLAIN,
    ("GET", "/login"): PLAIN,
    ("GET", "/account"): PLAIN,
    ("GET", "/users"): PLAIN,
    ("GET", "/audit"): PLAIN,
    ("GET", "/v1/summary"): PLAIN,
    ("GET", "/static/{path:path}"): PLAIN,
    ("GET", "/openapi.json"): PLAIN,
    ("GET", "/docs"): PLAIN,
    ("GET", "/live"): PLAIN,
    ("GET", "/ready"): PLAIN,
    ("GET", "/metrics"): PLAIN,
}
