"""The kinds of jobs there are: each a name, a workflow that takes JSON and tells its progress, and a result.

A further kind is a further row of `KINDS`; queue, processes, progress and answers are the same for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gis.api.jobs.repairs import RepairIn, repair_as_asked
from gis.identity.roles import Right
from gis.workflows.check_grids import CheckRequest, check_requested

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings
    from gis.store.jobs.answers import JobAnswer
    from gis.workflows.checking.steps import Advance

    Work: TypeAlias = Callable[[Session, Mapping[str, Any], Settings, Actor, Advance], "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job.

    Attributes:
        result: What its address is made of, as JSON.
        answer: What is kept with the job to be given out there; None: it is kept elsewhere.
    """

    result: dict[str, Any]
    answer: JobAnswer | None = None


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of jobs.

    Attributes:
        right: What whoever asked for it must be allowed to, still when its turn comes.
        work: Does it in the transaction it is given, which is committed with the job's end; returns what came
            of it.
        result: The address of the result, with the names of what `work` returns, and `job_id`.
        untold: Parameters that are too long to be told of every job in a list.
        only_looks: Tells by its parameters whether a job stores nothing but its answer. It is then done in a
            transaction that sees the database as it was at its beginning, and its end is another one.
    """

    right: Right
    work: Work
    result: str
    untold: frozenset[str] = frozenset()
    only_looks: Callable[[Mapping[str, Any]], bool] = lambda _parameters: False


def work_check(
    session: Session, parameters: Mapping[str, Any], settings: Settings, actor: Actor, advance: Advance
) -> Outcome:
    """Check a plan or a release."""
    checked = check_requested(session, CheckRequest(**parameters), settings, actor, advance)
    return Outcome({"check_id": checked.check.id})


def work_repair(
    session: Session, parameters: Mapping[str, Any], settings: Settings, actor: Actor, advance: Advance
) -> Outcome:
    """Repair a plan, or only say how."""
    rules = RepairIn.model_validate({name: one for name, one in parameters.items() if name != "plan_id"})
    request = rules.request_for(parameters["plan_id"])
    answer = repair_as_asked(session, request, settings, actor, dry_run=rules.dry_run, advance=advance)
    return Outcome({}, answer)


CHECK = "check"
REPAIR = "repair"

KINDS: dict[str, JobKind] = {
    CHECK: JobKind(Right.CHECK, work_check, "/v1/checks/{check_id}"),
    REPAIR: JobKind(
        Right.DRAFT_PLANS,
        work_repair,
        "/v1/jobs/{job_id}/answer",
        frozenset({"barriers", "keep_codes", "intended"}),
        only_looks=lambda parameters: bool(parameters["dry_run"]),
    ),
}
