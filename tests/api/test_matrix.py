"""Every role asks every route about things of its own unit, of those below, beside and above, and of others.

What is to be answered follows from the table of rights, the route's mark and the relation alone. Nothing a
cell writes is kept: the database is told to roll back where the service commits.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import httpx
import people
import pytest
from fastapi.routing import APIRoute
from matrix.entries import ENTRIES
from matrix.model import may_know, reach_of, relation, sees
from matrix.world import A21, B11, Kind, Thing, World, make_world
from sqlalchemy import true

from gis.api.app import ROUTERS, create_app
from gis.identity.roles import RIGHTS, Reach, Right, Role
from gis.store.identity.tables import UserRow
from gis.store.identity.visible import RULES
from gis.store.jobs.tables import JobRow
from gis.store.session import make_engine, transaction
from gis.store.tables import CheckRow, EventRow, PlanRow, UnitRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastapi import FastAPI
    from matrix.entries import Ask
    from matrix.world import Caller

    from gis.settings import Settings
    from gis.store.tables import Base

ROUTES = {
    (method, route.path): route.endpoint
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
}
MARKED = (Kind.PLAN, Kind.EVENT, Kind.USER, Kind.JOB)
BAD_REQUEST, UNAUTHORISED, FORBIDDEN = 400, 401, 403
AT_ONCE = 4
MOST_TOLD = 50
# Enough to notice that something is visible which should not be.
SOME = {
    route: ENTRIES[route]
    for route in (
        ("GET", "/v1/plans"),
        ("GET", "/v1/events"),
        ("GET", "/v1/checks/{check_id}"),
        ("GET", "/v1/jobs"),
        ("GET", "/v1/users"),
        ("GET", "/v1/units"),
    )
}
NOTHING = Thing("nothing", None, None, "nobody")


@dataclass
class Account:
    """What came of a run over the matrix."""

    cells: int = 0
    relations: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.relations.items()))
        return (
            f"{len(ENTRIES)} routes, {self.cells} cells ({told}), "
            f"{len(self.leaks)} leaks, {len(self.wrong)} other differences"
        )


@dataclass(frozen=True)
class Cell:
    """One question, and the status that is to come."""

    route: tuple[str, str]
    ask: Ask
    right: Right | None
    caller: Caller
    thing: Thing
    status: int

    def __str__(self) -> str:
        return f"{self.caller.login} {' '.join(self.route)} {self.ask.query(self.thing)} of {self.thing.name}"

    def holds(self, kind: Kind, thing: Thing) -> bool:
        """Whether the answer is to hold a thing."""
        return self.right is not None and sees(self.caller, self.right, kind, thing) and self.ask.only(thing)


@pytest.fixture(scope="module")
def world(module_settings: Settings) -> World:
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        made = make_world(session, module_settings)
    engine.dispose()
    return made


@contextmanager
def forgetful(settings: Settings) -> Iterator[FastAPI]:
    """The service, whose commits keep nothing."""
    app = create_app(settings)
    dialect = app.state.engine.dialect
    dialect.do_commit = dialect.do_rollback
    yield app
    app.state.quick.close()
    app.state.doorkeeper.close()
    app.state.engine.dispose()


def expected(ask: Ask, right: Right | None, caller: Caller, thing: Thing) -> int:
    """Return the status that the declarations make of a cell."""
    done = ask.seen if isinstance(ask.seen, int) else ask.seen(thing)
    if right is None:
        return done
    if caller.token is None:
        return UNAUTHORISED
    if reach_of(caller.role, right) is None:
        return FORBIDDEN
    is_apart = ask.is_apart and reach_of(caller.role, right) is Reach.OWN
    for kind, by in ask.of:
        if reach_of(caller.role, by or right) is None:
            return FORBIDDEN
        if is_apart or not sees(caller, by or right, kind, thing):
            return ask.gone if is_apart or thing.is_gone else ask.unseen
    return done


def address(path: str, thing: Thing, world: World) -> str:
    """Return a path with its parameters filled in."""
    values: dict[str, Any] = {f"{kind.value}_id": number for kind, number in thing.ids.items()}
    values |= {"grant_id": thing.more.get("grant", 1), "lasting_id": world.hole, "grid_id": world.grid_id}
    values |= {"number": 1, "old": 1, "new": 2, "code": "320198001001001", "path": "start.css"}
    return path.replace(":path", "").format_map(values)


def has_cells(caller: Caller, right: Right | None) -> bool:
    """Whether a caller asks a route: whose role has not the right is refused whatever the place."""
    if right is None or caller.place != "RA":
        return right is not None or caller.token is None
    return reach_of(caller.role, right) is not None


def things_for(ask: Ask, caller: Caller, world: World) -> list[Thing]:
    """Return what a caller is to ask about: a thing of every unit, one's own elsewhere, what is gone."""
    if not ask.of:
        return [NOTHING]
    mine = [caller.mine] if caller.mine is not None else []
    made = [thing for thing in world.things if thing.maker == "maker"] + mine
    return [thing for thing in made if all(kind in thing.ids for kind, _ in ask.of)] + [world.gone]


async def run(app: FastAPI, world: World, entries: Mapping[tuple[str, str], tuple[Ask, ...]]) -> Account:
    """Ask everything of these entries, a few at a time."""
    account = Account()
    transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://matrix") as client:
        waiting = iter(list(cells_of(world, entries)))

        async def work() -> None:
            for cell in waiting:
                await ask_one(client, account, world, cell)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return account


def cells_of(world: World, entries: Mapping[tuple[str, str], tuple[Ask, ...]]) -> Iterator[Cell]:
    """Yield every cell with the status that is to come."""
    for route, asks in entries.items():
        right: Right | None = getattr(ROUTES[route], "right", None)
        for ask, caller in product(asks, world.callers):
            if not has_cells(caller, right):
                continue
            has_succeeded = False
            for thing in things_for(ask, caller, world):
                status = expected(ask, right, caller, thing)
                if ask.is_costly and status < BAD_REQUEST:
                    if has_succeeded:
                        continue
                    has_succeeded = True
                yield Cell(route, ask, right, caller, thing, status)


async def ask_one(client: httpx.AsyncClient, account: Account, world: World, cell: Cell) -> None:
    """Ask about one cell, and compare."""
    ask, thing, caller = cell.ask, cell.thing, cell.caller
    data, files = ask.form(thing) if ask.form else (None, None)
    method, path = cell.route
    answer = await client.request(
        method,
        address(path, thing, world),
        params=ask.query(thing),
        json=None if ask.body is None else ask.body(thing),
        data=data,
        files=files,
        headers=dict(ask.headers) | (people.bearer(caller.token) if caller.token else {}),
    )
    account.cells += 1
    account.relations[relation(caller, thing) if ask.of else "of nothing"] += 1
    if answer.status_code != cell.status:
        said = f"{cell}: {answer.status_code}, not {cell.status}: {answer.text[:200]}"
        is_leak = answer.status_code < BAD_REQUEST <= cell.status
        (account.leaks if is_leak else account.wrong).append(said)
    elif answer.is_success and cell.right is not None:
        compare_marks(account, world, cell, answer.text)
        if ask.lists is not None:
            compare_lists(account, world, cell, answer.json())
        if cell.route in COUNTS:
            compare_counts(account, world, cell, answer.json())


def compare_marks(account: Account, world: World, cell: Cell, text: str) -> None:
    """Find marks of things in an answer that should not be there, or are missing."""
    for one, kind in product(world.things, MARKED):
        has_mark = kind in one.ids and one.mark(kind) in text
        if has_mark and cell.right is not Right.READ_AUDIT and not may_know(cell.caller, kind, one):
            account.leaks.append(f"{cell}: holds {one.mark(kind)}")
        if kind is cell.ask.shows and cell.holds(kind, one) and not has_mark:
            account.wrong.append(f"{cell}: lacks {one.mark(kind)}")


def compare_lists(account: Account, world: World, cell: Cell, answer: Any) -> None:
    """Compare the ids in a list with those that are to be in it."""
    assert cell.ask.lists is not None
    kind, members, name = cell.ask.lists
    found = {member[name] for member in answer[members]}
    known = {one.ids[kind]: one for one in world.things if kind in one.ids}
    wanted = {key for key, one in known.items() if cell.holds(kind, one)}
    account.leaks += [f"{cell}: lists {known[key].name}" for key in (found & known.keys()) - wanted]
    account.wrong += [f"{cell}: does not list {known[key].name}" for key in wanted - found]
    if answer.get("total", len(found)) != len(found):
        account.leaks.append(f"{cell}: counts {answer['total']}, not {len(found)}")


def compare_counts(account: Account, world: World, cell: Cell, answer: Any) -> None:
    """Compare a number of events with that of those the caller may count."""
    where, count = COUNTS[cell.route]
    can_count = reach_of(cell.caller.role, Right.COUNT_EVENTS) is not None
    seen = [one for one in world.things if sees(cell.caller, Right.COUNT_EVENTS, Kind.EVENT, one)]
    wanted = sum(where is None or not where.isdisjoint(one.areas or ()) for one in seen)
    found = count(answer)
    if found != (wanted if can_count else None):
        account.leaks.append(f"{cell}: counts {found} events, not {wanted if can_count else None}")


def events_of_changes(answer: Any) -> int | None:
    """Return how many events lie in all ground that passed."""
    counts = [feature["properties"]["events"] for feature in answer["features"]]
    return None if None in counts else sum(counts)


# Where the events lie that an answer counts (None: anywhere), and how the number is read.
COUNTS: dict[tuple[str, str], tuple[set[str] | None, Callable[[Any], int | None]]] = {
    ("GET", "/v1/summary"): (None, lambda answer: (answer["events"] or {}).get("total")),
    ("GET", "/v1/releases/{old}/changes/{new}"): ({A21, B11}, events_of_changes),
}


def test_every_route_has_an_entry_and_every_entry_a_route() -> None:
    assert ENTRIES.keys() == ROUTES.keys()


def test_every_cell_is_answered_as_declared(
    module_settings: Settings, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with forgetful(module_settings) as app:
        account = asyncio.run(run(app, world, ENTRIES))
    with capsys.disabled():
        sys.stdout.write(f"\nMatrix: {account}.\n")
    assert not account.leaks, "\n".join(account.leaks[:MOST_TOLD])
    assert not account.wrong, "\n".join(account.wrong[:MOST_TOLD])


@pytest.mark.parametrize("row", [PlanRow, EventRow, CheckRow, JobRow, UserRow, UnitRow])
def test_it_notices_if_everything_is_visible(
    module_settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch, row: type[Base]
) -> None:
    monkeypatch.setitem(RULES, row, lambda _: true())
    with forgetful(module_settings) as app:
        account = asyncio.run(run(app, world, SOME))
    assert account.leaks


def test_it_notices_a_right_too_many(
    module_settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS[Role.GRID_WORKER], Right.READ_PLANS, Reach.BRANCH)  # type: ignore[index]  # on purpose
    with forgetful(module_settings) as app:
        account = asyncio.run(run(app, world, SOME))
    assert account.leaks
    assert all(leak.startswith("grid_worker.") for leak in account.leaks)
