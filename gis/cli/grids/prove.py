"""`wangge grid prove`: whether grids and areas partition the areas above them exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import command_transaction, out, print_table
from gis.cli.grids.subject import subject_of
from gis.nouns import AreaLevel, Plan
from gis.settings import Settings
from gis.store.checking.proofs import list_partitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.nouns import Partition

ROWS_SHOWN = 30
PLURALS = {AreaLevel.DISTRICT: "districts", AreaLevel.STREET: "streets", AreaLevel.COMMUNITY: "communities"}


def prove(
    plan: Annotated[int | None, typer.Option(help="Of this plan; else the open one.")] = None,
    release: Annotated[int | None, typer.Option(help="Of this release; else the newest.")] = None,
) -> None:
    """Say which areas are partitioned exactly, corner for corner, in one query. Exit code 4 if not all."""
    with command_transaction(Settings()) as session:
        subject = subject_of(session, plan, release)
        partitions = list_partitions(session, subject)
    name = f"Plan {subject.id}" if isinstance(subject, Plan) else f"Release {subject.number}"
    if not partitions:
        out.print(f"{name} has no areas with grids or areas in them, so there is nothing to prove.")
        return
    print_partitions(name, partitions)
    if not all(one.is_exact for one in partitions):
        raise typer.Exit(4)


def print_partitions(name: str, partitions: Sequence[Partition]) -> None:
    """Print how many areas of each level are partitioned exactly, and those that are not."""
    for level in AreaLevel:
        of_level = [one for one in partitions if one.level is level]
        if of_level:
            exact = sum(one.is_exact for one in of_level)
            out.print(f"{name}: {exact:,} of {len(of_level):,} {PLURALS[level]} are partitioned exactly.")
    rest = [one for one in partitions if not one.is_exact]
    if not rest:
        out.print("Every corner fits: there is no gap and no overlap of any size.")
        return
    print_table(
        ("level", "code", "name", "in it", "invalid"),
        ((one.level.value, one.code, one.name, one.children, one.invalid) for one in rest[:ROWS_SHOWN]),
    )
    if len(rest) > ROWS_SHOWN:
        out.print(f"... and {len(rest) - ROWS_SHOWN:,} more.")
    out.print("`wangge grid check` says where they do not fit, and how badly.")
