"""`wangge grid crosswalk`: how the grids of one release pass into those of another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import command_transaction, err, out, print_table
from gis.files.spreadsheet import write_csv
from gis.nouns import GridKind
from gis.settings import Settings
from gis.workflows.assigning.crosswalk import (
    TOTALS,
    CrosswalkRequest,
    ReleaseCrosswalk,
    Weight,
    make_crosswalk,
)

if TYPE_CHECKING:
    import pandas as pd

ROWS_SHOWN = 30


def crosswalk(
    old: Annotated[int, typer.Option("--from", help="The release whose grids are shared out.")],
    new: Annotated[int, typer.Option("--to", help="The release whose grids receive.")],
    weight: Annotated[Weight, typer.Option(help="What an old grid is shared out by.")] = Weight.AREA,
    kind: Annotated[GridKind, typer.Option(help="natural or dedicated grids.")] = GridKind.NATURAL,
    out: Annotated[Path | None, typer.Option(help="Write all rows into this CSV file.")] = None,
) -> None:
    """Say how the grids of one release pass into those of another, and move their totals along."""
    settings = Settings()
    request = CrosswalkRequest(old, new, weight, kind)
    with command_transaction(settings) as session, err.status("crosswalk") as status:
        found = make_crosswalk(session, request, settings, status.update)
    if out is not None:
        write_csv(found.rows, out)
    print_crosswalk(found, request)


def print_crosswalk(found: ReleaseCrosswalk, request: CrosswalkRequest) -> None:
    """Print what passes on whole, then the rows of the grids that are shared out."""
    out.print(
        f"Release {request.old} to {request.new}, by {request.weight}: {found.old_grids:,} {request.kind} "
        f"grids to {found.new_grids:,}."
    )
    if not found.old_grids:
        out.print(f"Release {request.old} has no {request.kind} grids, so there is nothing to carry over.")
        return
    rows = found.rows
    shared_out = rows["old_id"].duplicated(keep=False) | rows["new_id"].isna()
    whole = rows[~shared_out]
    renamed = int((whole["old_id"] != whole["new_id"]).sum())
    out.print(f"{len(whole):,} pass on whole, {renamed:,} of them into another grid.")
    print_totals(rows)
    changed = rows[shared_out]
    if changed.empty:
        return
    out.print(f"{changed['old_id'].nunique():,} are shared out:")
    columns = ["old_code", "new_code", "area_m2", "share", *TOTALS]
    shown = changed[columns].head(ROWS_SHOWN).astype(object)
    shown = shown.where(shown.notna(), None)
    shown["new_code"] = shown["new_code"].fillna("in no grid")
    print_table(("from", "to", "area m²", "share", *TOTALS), shown.itertuples(index=False))
    if len(changed) > ROWS_SHOWN:
        out.print(f"... and {len(changed) - ROWS_SHOWN:,} more rows; --out FILE.csv has all of them.")
    if rows["by_area"].any():
        count = rows.loc[rows["by_area"], "old_id"].nunique()
        out.print(f"{count:,} old grids hold no {request.weight} and are shared out by area.")


def print_totals(rows: pd.DataFrame) -> None:
    """Print how much was moved, and how much of it lies in no new grid."""
    for name in TOTALS:
        if rows[name].notna().any():
            lost = int(rows.loc[rows["new_id"].isna(), name].sum())
            out.print(f"{int(rows[name].sum()):,} {name} moved, {lost:,} of them into no grid.")
