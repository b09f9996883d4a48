"""`wangge plan`: drafts of areas and grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.errors import ConflictError
from gis.settings import Settings
from gis.store.planning.operations import (
    Operation,
    list_operation_codes,
    list_operations,
    redo_operation,
    undo_operation,
)
from gis.store.plans import create_plan, get_draft, get_plan, list_plans

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gis.nouns import Actor

CODES_SHOWN = 10

app = typer.Typer(help="Drafts of areas and grids.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the plans, newest first."""
    with command_transaction(Settings()) as session:
        plans = list_plans(session)
    if not plans:
        out.print("No plans yet. Importing areas or grids opens one.")
        return
    print_table(
        ("plan", "status", "title", "over release", "areas", "grids", "by"),
        (
            (p.id, p.status.value, p.title, p.base_release, p.area_count, p.grid_count, p.created_by)
            for p in plans
        ),
    )


@app.command()
def create(title: Annotated[str, typer.Argument(help="What the plan is for.")]) -> None:
    """Open a new plan over the newest release."""
    with command_transaction(Settings()) as session:
        plan = create_plan(session, title, acting_user())
    out.print(f"Plan {plan.id} is open.")


PlanNumber = Annotated[int, typer.Argument(metavar="PLAN", help="Number of the plan.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it, only say what would be done.")]


@app.command()
def operations(plan: PlanNumber) -> None:
    """List what was done to a plan, newest first: by whom, why, and whether it was undone."""
    with command_transaction(Settings()) as session:
        found = get_plan(session, plan)
        done = list_operations(session, plan)
    if not done:
        out.print(f"Nothing was done to plan {plan} yet.")
        return
    print_table(
        ("operation", "what", "when", "by", "areas", "grids", "change", "state", "why"),
        (
            (
                one.number,
                one.kind.value,
                f"{one.at:%Y-%m-%d %H:%M}",
                one.by,
                one.area_count,
                one.grid_count,
                f"{one.changed_from} → {one.changed_to}" if one.undone_at is None else None,
                "holds" if one.undone_at is None else f"undone by {one.undone_by}",
                one.reason,
            )
            for one in done
        ),
    )
    out.print(f"Plan {plan} is at change {found.change_number}.")


@app.command()
def undo(plan: PlanNumber, apply: Apply = False) -> None:
    """Undo the newest operation on a plan: it is, bit for bit, as it was before."""
    with command_transaction(Settings()) as session:
        get_draft(session, plan)
        holding = [one for one in list_operations(session, plan) if one.undone_at is None]
        if not holding:
            raise ConflictError(f"Nothing that was done to plan {plan} holds, so there is nothing to undo.")
        said = passed(session, holding[0], undo_operation, apply=apply)
    out.print(f"{'Undone' if apply else 'To be undone'}: {said}")


@app.command()
def redo(plan: PlanNumber, apply: Apply = False) -> None:
    """Do again what was undone last: the plan is, bit for bit, as it was after it."""
    with command_transaction(Settings()) as session:
        draft = get_draft(session, plan)
        undone = [one for one in list_operations(session, plan) if one.can_be_redone(draft)]
        if not undone:
            raise ConflictError(
                f"Nothing can be done again in plan {plan}: nothing was undone, or it was changed since."
            )
        last = max(undone, key=lambda one: (one.undone_at, one.number))
        said = passed(session, last, redo_operation, apply=apply)
    out.print(f"{'Done again' if apply else 'To be done again'}: {said}")


def passed(
    session: Session,
    operation: Operation,
    go: Callable[[Session, int, int, Actor], Operation],
    *,
    apply: bool,
) -> str:
    """Undo an operation or do it again, unless it is a dry run; return what to say of it."""
    plan_id = operation.plan_id
    codes = list_operation_codes(session, operation)
    go(session, plan_id, operation.number, acting_user())
    change = get_plan(session, plan_id).change_number
    if not apply:
        session.rollback()
    why = f", {operation.reason}" if operation.reason else ""
    told = [
        f"operation {operation.number} of plan {plan_id} ({operation.kind.value} by {operation.by}{why})."
    ]
    for nouns, some in (("areas", codes["area"]), ("grids", codes["grid"])):
        if some:
            more = f" and {len(some) - CODES_SHOWN:,} more" if len(some) > CODES_SHOWN else ""
            told.append(f"It changes {len(some):,} {nouns}: {', '.join(some[:CODES_SHOWN])}{more}.")
    saved = f"Saved as change {change} of plan {plan_id}; check it again before it is published."
    told.append(saved if apply else "Dry run: nothing was changed; add --apply.")
    return "\n".join(told)
