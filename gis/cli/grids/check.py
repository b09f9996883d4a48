"""`wangge grid check`: what is wrong with the grids of a plan or a release."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table, step_bar
from gis.cli.grids.subject import subject_of
from gis.cli.importing import column_map
from gis.errors import InputError
from gis.gridding.rules.catalogue import UNIT
from gis.gridding.rules.identity import ids_of
from gis.gridding.rules.profile import USUAL
from gis.gridding.sentences import describe
from gis.nouns import Severity
from gis.settings import Settings
from gis.store.checking.intended import list_intended_reasons
from gis.workflows.auditing.exports import record_findings
from gis.workflows.check_grids import CheckedGrids, check_subject, profile_named, terms_for
from gis.workflows.checking.read_units import read_units
from gis.workflows.checking.write_findings import form_of, write_findings
from gis.workflows.comparing.read_state import StateFile
from gis.workflows.draw_map import write_findings_map

FINDINGS_SHOWN = 30
SIGNS_SHOWN = 8  # of an id; as many as `wangge grid intend` needs


class Language(StrEnum):
    """Language of the sentences."""

    EN = "en"
    ZH = "zh"


def check(
    plan: Annotated[int | None, typer.Option(help="Check this plan; else the open one.")] = None,
    release: Annotated[int | None, typer.Option(help="Check this release; else the newest.")] = None,
    min_width: Annotated[float | None, typer.Option(help="Least width of a gap or overlap, metres.")] = None,
    min_area: Annotated[float | None, typer.Option(help="Least area of a gap or overlap, m².")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Rules: a shipped profile by name, or a TOML file; see docs/rules.md.")
    ] = None,
    intended: Annotated[
        Path | None,
        typer.Option(help="File with ids of gaps that are meant, one a line, besides those marked."),
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option(help="File of unit grids: check them, and that they make up the grids."),
    ] = None,
    crs: Annotated[str | None, typer.Option(help="Of that file; else as it declares.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="Of that file, as grid_code=WGBM.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the sentences.")] = Language.EN,
    map: Annotated[Path | None, typer.Option(help="Also draw the findings into this file.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Also write the findings into this file: .gpkg (QGIS), .geojson or .sarif."
        ),
    ] = None,
) -> None:
    """Check areas and grids; store and list the findings. Exit code 4 if there are errors."""
    settings = Settings()
    if output is not None:
        form_of(output)  # a wrong ending is said before the work, not after
    limits = {"min_width_m": min_width, "min_area_m2": min_area}
    settings = settings.model_copy(update={name: limit for name, limit in limits.items() if limit})
    rules = profile_named(profile or (USUAL if units is None else UNIT))
    meant = frozenset(() if intended is None else read_ids(intended))
    unit_grids = None
    if units is not None:
        unit_grids = read_units(StateFile(units, crs, column_map(column or ())), settings)
    actor = acting_user()
    with command_transaction(settings) as session, step_bar() as advance:
        subject = subject_of(session, plan, release)
        terms = replace(terms_for(session, subject, rules, settings, meant), units=unit_grids)
        checked = check_subject(session, subject, settings, actor, terms, advance)
        if map is not None:
            write_findings_map(checked, map, settings)
        for file in filter(None, (map, output)):
            form = file.suffix.removeprefix(".").lower()
            record_findings(session, actor, checked.check, len(checked.findings), form)
        reasons = list_intended_reasons(session)
    if output is not None:
        write_findings(checked, output, reasons)
    print_findings(checked, lang)
    if checked.check.errors:
        raise typer.Exit(4)


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
    shown = worst[:FINDINGS_SHOWN]
    print_table(
        ("severity", "kind", "id", "area m²", "width m", "what"),
        (
            (
                f.severity.value,
                f.kind.value,
                one[:SIGNS_SHOWN],
                f.area_m2,
                f.width_m,
                describe(f, language.value),
            )
            for f, one in zip(shown, ids_of(shown), strict=True)
        ),
    )
    if len(worst) > FINDINGS_SHOWN:
        out.print(f"... and {len(worst) - FINDINGS_SHOWN:,} more; --out FILE or --map FILE shows all.")
