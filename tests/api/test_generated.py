"""Requests generated from the service's own description of itself: never a 5xx, and answers as described.

The service runs in a process of its own, as `wangge serve` starts it. The same requests come every time.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import people
import pytest
import requests
import schemathesis
from commands import served
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gis.files.geojson import to_geojson_bytes
from gis.identity.roles import Role
from tests.api.conftest import areas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commands import Service

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
QUICK_CASES, NIGHTLY_CASES = 500, 10_000
FIRST_SEED = 20260101
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
ANSWER_WITHIN_S = 60
UNKNOWN_CALLER = 401

FILES = st.sampled_from([to_geojson_bytes(areas()), b"PK\x05\x06" + bytes(18), b"SQLite format 3\0", b"{}"])
schemathesis.openapi.media_type("application/x-ndjson", st.sampled_from([b"[118.1,31]\n", b"null\n", b"{}"]))
schemathesis.openapi.media_type("text/csv", st.sampled_from([b"lon,lat\n118.1,31\n", b"x\n", b"\xff"]))


@dataclass
class Tally:
    """What was asked and what came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        bad = sum(count for status, count in self.statuses.items() if status >= 500)
        return (
            f"{self.statuses.total()} cases over {len(self.asked)} operations, {bad} answered 5xx, "
            f"{len(self.faults)} kinds of answers not as described; by status {sorted(self.statuses.items())}"
        )


@pytest.fixture(scope="module")
def service(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with served(module_settings, tmp_path_factory.mktemp("generated")) as running:
        yield running


class Caller:
    """Who asks: staff, an administrator about users, and somebody else after having signed out by chance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._count = 0
        self.sign_in()

    def sign_in(self) -> None:
        self._count += 1
        self._staff = people.token_for(self._settings, f"staff{self._count}")
        self._administrator = people.token_for(
            self._settings, f"administrator{self._count}", (Role.SYSTEM_ADMINISTRATOR,)
        )

    def headers(self, path: str = "") -> dict[str, str]:
        is_about_users = path.startswith(("/v1/users", "/v1/units"))
        return people.bearer(self._administrator if is_about_users else self._staff)


@pytest.fixture(scope="module")
def caller(module_settings: Settings) -> Caller:
    return Caller(module_settings)


def near(case: schemathesis.Case, number: int | None, content: bytes) -> schemathesis.Case:
    """Let some requests reach what is there: small numbers, files that hold something, no pictures."""
    for name, value in (case.path_parameters or {}).items():
        if number is not None and isinstance(value, int):
            case.path_parameters[name] = number
    if isinstance(case.body, dict) and "file" in case.body:
        case.body["file"] = content
    if isinstance(case.query, dict) and case.query.get("f") == "png":
        case.query["f"] = "file"  # a browser takes seconds for each
    return case


@pytest.fixture(scope="module")
def description(service: Service, caller: Caller) -> dict[str, Any]:
    """Return what the service says of itself."""
    # the address is said just before it is listened on
    address = f"{service.address}openapi.json"
    schema = schemathesis.openapi.from_url(address, wait_for_schema=120, headers=caller.headers())
    found: dict[str, Any] = schema.raw_schema
    return found


def ask(service: Service, description: dict[str, Any], caller: Caller, cases: int) -> Tally:
    """Ask every operation its share of cases, half of them against its description."""
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=service.address)
    operations = [found.ok() for found in schema.get_all_operations()]
    tally = Tally()

    def take(case: schemathesis.Case) -> None:
        put(case, session, caller, tally)

    with requests.Session() as session:
        # an operation without parameters has few cases; the others make up for it in further rounds
        for round_number in itertools.count():
            each = math.ceil((cases - tally.statuses.total()) / len(operations) / 2)
            if each <= 0:
                break
            for operation, mode in itertools.product(operations, MODES):
                generate(operation, mode, (each, FIRST_SEED + round_number), take)
    print(f"\nGenerated requests: {tally}")  # noqa: T201 - the figure the run is made for
    return tally


def generate(
    operation: Any, mode: GenerationMode, much: tuple[int, int], take: Callable[[schemathesis.Case], None]
) -> None:
    """Make so many cases for one operation, the same ones for a seed every time."""
    count, number_of_seed = much

    @seed(number_of_seed)
    @examples(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.none() | st.integers(1, 3), FILES)
    def cases(case: schemathesis.Case, number: int | None, content: bytes) -> None:
        take(near(case, number, content))

    try:
        cases()
    except HypothesisException:
        # what has neither parameters nor a body cannot be asked wrongly
        assert mode is GenerationMode.NEGATIVE


def put(case: schemathesis.Case, session: requests.Session, caller: Caller, tally: Tally) -> None:
    """Send one case and hold the answer against the description."""
    answer = case.call(
        session=session, headers=caller.headers(case.path), timeout=ANSWER_WITHIN_S, allow_redirects=False
    )
    tally.asked[case.operation.label] += 1
    tally.statuses[answer.status_code] += 1
    if answer.status_code == UNKNOWN_CALLER:
        caller.sign_in()
    try:
        case.validate_response(answer, checks=CHECKS)
    except BaseExceptionGroup as found:
        for failure in found.exceptions:
            key = f"{case.operation.label}: {type(failure).__name__}"
            tally.faults.setdefault(key, f"{failure}\n{case.as_curl_command()[:2000]}")


def require_faultless(tally: Tally, cases: int) -> None:
    assert tally.faults == {}, "\n\n".join(f"{key}\n{said}" for key, said in tally.faults.items())
    assert tally.statuses.total() >= cases, str(tally)
    assert {200, 400, 404, 422} <= tally.statuses.keys(), str(tally)
    assert len(tally.asked) > 50, str(tally)


Description = dict[str, "Any"]


def test_some_hundred_generated_requests(service: Service, description: Description, caller: Caller) -> None:
    require_faultless(ask(service, description, caller, QUICK_CASES), QUICK_CASES)


def test_an_answer_that_is_not_as_described_is_noticed(
    service: Service, description: Description, caller: Caller
) -> None:
    lying = copy.deepcopy(description)
    lying["paths"] = {path: lying["paths"][path] for path in ("/live", "/v1/plans")}
    lying["components"]["schemas"]["PlanOut"]["properties"]["title"] = {"type": "integer"}
    lying["paths"]["/live"]["get"]["responses"]["200"]["content"] = {"text/plain": {}}
    found = ask(service, lying, caller, 12).faults
    assert {"GET /live: UndefinedContentType", "GET /v1/plans: JsonSchemaError"} <= found.keys()


@pytest.mark.nightly
def test_ten_thousand_generated_requests(service: Service, description: Description, caller: Caller) -> None:
    require_faultless(ask(service, description, caller, NIGHTLY_CASES), NIGHTLY_CASES)
