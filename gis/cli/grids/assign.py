"""`wangge grid assign`: which grids the features of a file lie in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from gis.cli.edge import command_transaction, out, print_table, progress_bar
from gis.cli.importing import PROBLEMS_SHOWN
from gis.files.spreadsheet import write_csv
from gis.gridding.assign import Rule
from gis.nouns import GridKind
from gis.settings import Settings
from gis.workflows.assigning.assign_features import AssignedFeatures, AssignRequest, assign_features
from gis.workflows.locate_point import require_release

GRIDS_SHOWN = 15


def assign(
    path: Annotated[
        Path,
        typer.Argument(
            help="Buildings, parcels, roads or points: GeoJSON, GeoPackage, Shapefile, FlatGeobuf."
        ),
    ],
    rule: Annotated[
        Rule,
        typer.Option(help="Wholly in one grid; the grid with the largest part; or every grid with its part."),
    ],
    release: Annotated[int | None, typer.Option(help="Which release; else the one in force today.")] = None,
    kind: Annotated[GridKind, typer.Option(help="natural or dedicated grids.")] = GridKind.NATURAL,
    crs: Annotated[
        str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; else as the file declares.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a file that has several.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text, as gb18030.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write every row into this CSV file.")] = None,
) -> None:
    """Assign the features of a file to grids, by containment, by largest part, or split."""
    settings = Settings()
    with command_transaction(settings) as session, progress_bar(path.name) as advance:
        today = datetime.now(ZoneInfo(settings.time_zone)).date()
        asked = require_release(session, number=release, day=today)
        request = AssignRequest(path, asked, rule, kind, crs, layer, encoding)
        found = assign_features(session, request, settings, advance)
    if out is not None:
        write_csv(found.pieces, out)
    print_assigned(found, request)


def print_assigned(found: AssignedFeatures, request: AssignRequest) -> None:
    """Print how many features lie where, and the grids with most of them."""
    pieces = found.pieces
    inside = pieces[pieces["grid_id"].notna()]
    features = pieces.drop_duplicates("row")
    is_out, is_partly = features["outside"] >= 1, (features["outside"] > 0) & (features["outside"] < 1)
    out.print(
        f"{request.path.name} ({found.crs}) by {request.rule}: {found.features:,} features, "
        f"{found.grids:,} {request.kind} grids of release {request.release.number}."
    )
    print_table(
        ("features", ""),
        (
            (inside["row"].nunique(), "assigned"),
            (inside.loc[inside["row"].duplicated(), "row"].nunique(), "of them cut"),
            (int(is_partly.sum()), "partly in no grid"),
            (int(is_out.sum()), "wholly in no grid"),
            (
                int((features["grid_id"].isna() & ~is_out).sum()),
                "in several grids, and so in none by this rule",
            ),
        ),
    )
    if found.problems:
        print_table(
            ("row", "severity", "problem"),
            ((p.row, p.severity.value, p.message) for p in found.problems[:PROBLEMS_SHOWN]),
        )
        if len(found.problems) > PROBLEMS_SHOWN:
            out.print(f"... and {len(found.problems) - PROBLEMS_SHOWN:,} more problems")
    if inside.empty:
        out.print("No feature lies in a grid; is it the right district and coordinate system?")
        return
    by_grid = inside.groupby("grid_code")
    grids = by_grid[["area_m2", "length_m"]].sum(min_count=1).dropna(axis="columns", how="all")
    grids.insert(0, "features", by_grid["row"].nunique())
    most = grids.sort_values("features", ascending=False, kind="stable").head(GRIDS_SHOWN).astype(object)
    heads = {"features": "features", "area_m2": "area m²", "length_m": "length m"}
    rows = most.where(most.notna(), None).reset_index().itertuples(index=False)
    print_table(("grid", *(heads[name] for name in grids.columns)), rows)
    if len(grids) > len(most):
        out.print(f"... and {len(grids) - len(most):,} more grids; --out FILE.csv has every row.")
