"""`wangge plan`: drafts of areas and grids."""

from __future__ import annotations

from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.settings import Settings
from gis.store.plans import create_plan, list_plans

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
