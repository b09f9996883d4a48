"""`wangge grid intend`: mark gaps as meant, list those that are, take a mark back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.errors import InputError
from gis.settings import Settings
from gis.store.checking.intended import list_intended
from gis.workflows.checking.intend import intend_gap, take_back_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.store.checking.intended import IntendedHole


def intend(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="Ids of gaps, or how they begin; none: list what is marked."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why they are meant, as 'the lake'.")] = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="Let them be gaps again.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Save; without it, only say what would be.")] = False,
) -> None:
    """Mark gaps as meant: checks of every plan and release keep them silent until their outline changes."""
    if ids and take_back == (reason is not None):
        raise InputError("Give either a reason or --take-back.", field="reason")
    with command_transaction(Settings()) as session:
        if not ids:
            print_holes(list_intended(session))
            return
        if take_back:
            for one in ids:
                take_back_mark(session, one, acting_user())
        else:
            print_holes([intend_gap(session, one, reason or "", acting_user()) for one in ids])
        if not apply:
            session.rollback()
    what = "taken back" if take_back else "marked as meant"
    out.print(
        f"{len(ids)} {what}; the next check goes by it." if apply else f"Dry run: {len(ids)} would be {what}."
    )


def print_holes(holes: Sequence[IntendedHole]) -> None:
    """Print holes that are meant."""
    if not holes:
        out.print("No hole is marked as meant.")
        return
    print_table(
        ("id", "area m²", "grids", "why", "by", "on"),
        (
            (
                hole.lasting_id,
                hole.area_m2,
                ", ".join(hole.grids),
                hole.reason,
                hole.marked_by,
                hole.marked_at.date().isoformat(),
            )
            for hole in holes
        ),
    )
