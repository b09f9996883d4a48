"""`wangge grid`: import grids; its further verbs are in `gis.cli.grids`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, progress_bar
from gis.cli.grids.assign import assign
from gis.cli.grids.check import check
from gis.cli.grids.compare import compare
from gis.cli.grids.coverage import coverage
from gis.cli.grids.crosswalk import crosswalk
from gis.cli.grids.intend import intend
from gis.cli.grids.prove import prove
from gis.cli.grids.repair import repair
from gis.cli.importing import column_map, print_report
from gis.nouns import GridKind
from gis.settings import Settings
from gis.workflows.draw_map import write_plan_map
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.import_layer import require_clean

app = typer.Typer(
    help="Grids: import, check, repair, assign to, compare, see what they cover.", no_args_is_help=True
)
app.command("check")(check)
app.command("intend")(intend)
app.command("assign")(assign)
app.command("coverage")(coverage)
app.command("crosswalk")(crosswalk)
app.command("compare")(compare)
app.command("prove")(prove)
app.command("repair")(repair)


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, (zipped) Shapefile or FlatGeobuf.")],
    kind: Annotated[
        GridKind | None, typer.Option(help="Kind of every grid in the file; else its column `kind`.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Task of special grids the file gives none.")] = None,
    crs: Annotated[
        str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; else as the file declares.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="Column mapping, as code=OA11CD.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a file that has several.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text, as gb18030.")] = None,
    plan: Annotated[int | None, typer.Option(help="Which plan; else the open one, or a new one.")] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="The file is the complete set of its kind: retire the rest, of the plan's branch.",
        ),
    ] = False,
    skip_bad_rows: Annotated[bool, typer.Option(help="Leave rows with errors out.")] = False,
    map: Annotated[
        Path | None, typer.Option(help="Also draw the plan as it would be into this file.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Save; without it, only report.")] = False,
) -> None:
    """Import grids into a plan; each replaces the grid of its code."""
    settings = Settings()
    columns = column_map(column or ())
    request = GridImportRequest(path, crs, columns, layer, encoding, plan, kind, task, replace_all=replace)
    with command_transaction(settings) as session, progress_bar(path.name) as advance:
        report = import_grids(session, request, settings, acting_user(), advance)
        if map is not None:
            write_plan_map(session, report.plan_id, map, settings)
        if not apply:
            session.rollback()
        else:
            require_clean(report, skip_bad_rows=skip_bad_rows)
    print_report(report, applied=apply)
