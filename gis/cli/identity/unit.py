"""`wangge unit`: the tree of organisational units."""

from __future__ import annotations

from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.settings import Settings
from gis.store.identity.units import list_units
from gis.workflows.identity.manage_units import NewUnit, add_unit

app = typer.Typer(
    help="Organisational units: the district centre, street centres, departments.", no_args_is_help=True
)


@app.command("list")
def list_() -> None:
    """List the units, each below the one above it."""
    with command_transaction(Settings()) as session:
        units = list_units(session)
    if not units:
        out.print("No units yet. `wangge unit add CODE NAME --apply` adds the first, the root.")
        return
    print_table(
        ("unit", "name", "below", "area"), ((u.code, u.name, u.parent_code, u.area_code) for u in units)
    )


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="Code of the new unit.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    below: Annotated[str | None, typer.Option(help="Code of the unit above; without it, a root.")] = None,
    area: Annotated[str | None, typer.Option(help="Code of its area; else that of the unit above.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; else only say what would be done.")] = False,
) -> None:
    """Add a unit to the tree."""
    with command_transaction(Settings()) as session:
        unit = add_unit(session, NewUnit(code, name, below, area), acting_user())
        if not apply:
            session.rollback()
    said = "was added" if apply else "would be added; add --apply to do it"
    out.print(f"Unit {unit.code} ({unit.name}) {said}.")
