"""`wangge grid`: import and check grids; its further verbs are in `gis.cli.grids`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from geopandas import GeoDataFrame

from gis.cli.edge import acting_user, command_transaction, out, print_table, progress_bar
from gis.cli.grids.assign import assign
from gis.cli.grids.crosswalk import crosswalk
from gis.cli.importing import column_map, print_report
from gis.errors import InputError
from gis.files.geojson import write_layer
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.rules.identity import ids_of
from gis.gridding.rules.profile import USUAL
from gis.gridding.sentences import describe
from gis.nouns import STORED_CRS, GridKind, Release, Severity
from gis.settings import Settings
from gis.store.plans import find_open_plan, get_plan
from gis.store.releases import get_release, list_releases
from gis.workflows.check_grids import CheckedGrids, check_subject, profile_named, terms_for
from gis.workflows.draw_map import write_findings_map, write_plan_map
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.import_layer import require_clean

app = typer.Typer(help="Grids: import, check, assign to, carry over.", no_args_is_help=True)
app.command("assign")(assign)
app.command("crosswalk")(crosswalk)

FINDINGS_SHOWN = 30


class Language(StrEnum):
    """Language of the sentences."""

    EN = "en"
    ZH = "zh"


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
        bool, typer.Option("--replace", help="The file is the complete set of its kind: retire the rest.")
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


@app.command()
def check(
    plan: Annotated[int | None, typer.Option(help="Check this plan; else the open one.")] = None,
    release: Annotated[int | None, typer.Option(help="Check this release; else the newest.")] = None,
    min_width: Annotated[float | None, typer.Option(help="Least width of a gap or overlap, metres.")] = None,
    min_area: Annotated[float | None, typer.Option(help="Least area of a gap or overlap, m².")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Rules: a shipped profile by name, or a TOML file; see docs/rules.md.")
    ] = None,
    intended: Annotated[
        Path | None, typer.Option(help="File with the ids of gaps that are meant, one a line.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the sentences.")] = Language.EN,
    map: Annotated[Path | None, typer.Option(help="Also draw the findings into this file.")] = None,
    json: Annotated[Path | None, typer.Option(help="Also write the findings as GeoJSON.")] = None,
) -> None:
    """Check areas and grids; store and list the findings. Exit code 4 if there are errors."""
    settings = Settings()
    tolerance = Tolerance(min_width or settings.min_width_m, min_area or settings.min_area_m2)
    rules = None if profile is None and intended is None else profile_named(profile or USUAL)
    meant = frozenset(() if intended is None else read_ids(intended))
    with command_transaction(settings) as session:
        if plan is None and release is None:
            subject = find_open_plan(session) or get_release(session, newest_number(list_releases(session)))
        else:
            subject = get_release(session, release) if release is not None else get_plan(session, plan or 0)
        terms = None if rules is None else terms_for(session, subject, rules, settings, meant)
        checked = check_subject(session, subject, settings, acting_user(), tolerance, terms)
        if map is not None:
            write_findings_map(checked, map, settings)
    if json is not None:
        write_layer(findings_frame(checked), json)
    print_findings(checked, lang)
    if checked.check.errors:
        raise typer.Exit(4)


def newest_number(releases: list[Release]) -> int:
    """Return the number of the newest release; 0, which does not exist, if there is none."""
    return releases[0].number if releases else 0


def read_ids(path: Path) -> list[str]:
    """Read ids of findings from a text file."""
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text.", field="intended") from error


def print_findings(checked: CheckedGrids, language: Language) -> None:
    """Print the counts and the first findings, worst first."""
    check = checked.check
    subject = f"plan {check.plan_id}" if check.plan_id is not None else f"release {check.release}"
    out.print(
        f"Check {check.id} of {subject}: {len(checked.areas):,} areas and {len(checked.grids):,} grids, "
        f"{len(checked.findings):,} findings, {check.errors:,} of them errors."
    )
    if not checked.findings:
        seamless = "Nothing found: the grids are seamless."
        out.print(seamless if len(checked.grids) else "There are no grids to check; import them first.")
        return
    if len(checked.grids) and all(finding.severity is Severity.INFO for finding in checked.findings):
        out.print("Clean: within the tolerance the grids are seamless; what follows are hints.")
    print_table(("kind", "findings"), ((kind.value, number) for kind, number in check.counts.items()))
    worst = sorted(checked.findings, key=lambda finding: list(Severity).index(finding.severity))
    print_table(
        ("severity", "kind", "area m²", "width m", "what"),
        (
            (f.severity.value, f.kind.value, f.area_m2, f.width_m, describe(f, language.value))
            for f in worst[:FINDINGS_SHOWN]
        ),
    )
    if len(worst) > FINDINGS_SHOWN:
        out.print(f"... and {len(worst) - FINDINGS_SHOWN:,} more; --json FILE or --map FILE shows all.")


def findings_frame(checked: CheckedGrids) -> GeoDataFrame:
    """Return the findings as a frame, sentences in both languages."""
    findings = checked.findings
    return GeoDataFrame(
        {
            "id": ids_of(findings),
            "kind": [f.kind.value for f in findings],
            "severity": [f.severity.value for f in findings],
            "grids": [list(f.grids) for f in findings],
            "area_m2": [f.area_m2 for f in findings],
            "width_m": [f.width_m for f in findings],
            "zh": [describe(f, "zh") for f in findings],
            "en": [describe(f, "en") for f in findings],
        },
        geometry=np.array([f.geometry for f in findings], dtype=object),
        crs=STORED_CRS,
    )
