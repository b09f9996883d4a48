"""The kinds of jobs there are: each a name, a workflow that takes JSON and tells its progress, and a result.

A further kind is a further row of `KINDS`; queue, processes, progress and answers are the same for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gis.workflows.check_grids import CheckRequest, check_requested

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings
    from gis.workflows.checking.steps import Advance

    Work: TypeAlias = Callable[[Session, Mapping[str, Any], Settings, Actor, Advance], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of jobs.

    Attributes:
        work: Does it in the transaction it is given, which is committed with the job's end; returns what came
            of it, as JSON.
        result: The address of the result, with the names of what `work` returns.
    """

    work: Work
    result: str


def work_check(
    session: Session, parameters: Mapping[str, Any], settings: Settings, actor: Actor, advance: Advance
) -> dict[str, Any]:
    """Check a plan or a release."""
    checked = check_requested(session, CheckRequest(**parameters), settings, actor, advance)
    return {"check_id": checked.check.id}


CHECK = "check"

KINDS: dict[str, JobKind] = {CHECK: JobKind(work_check, "/v1/checks/{check_id}")}
