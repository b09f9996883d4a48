"""What `wangge area import` and `wangge grid import` share: options in, the report out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.cli.edge import out, print_table
from gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.workflows.import_layer import ImportReport

PROBLEMS_SHOWN = 20


def column_map(pairs: Sequence[str]) -> dict[str, str]:
    """Return {our name: name in the file} from options like `code=OA11CD`."""
    columns = {}
    for pair in pairs:
        ours, separator, theirs = pair.partition("=")
        if not (ours and separator and theirs):
            raise InputError(
                f"{pair!r} is no column mapping; write OURS=THEIRS, as code=OA11CD", field="column"
            )
        columns[ours] = theirs
    return columns


def print_report(report: ImportReport, *, applied: bool) -> None:
    """Print what an import did or would do, problems last."""
    mapped = ", ".join(report.columns.described())
    out.print(f"[bold]{report.path.name}[/bold]  {report.format}, layer {report.layer}", markup=True)
    out.print(f"  coordinates  {report.crs} (declared: {report.declared_crs or 'nothing'})", markup=False)
    out.print(f"  text         {report.encoding} ({report.encoding_evidence})", markup=False)
    out.print(f"  columns      {mapped}", markup=False)
    out.print(f"  rows         {report.rows:,} read, {report.saved:,} saved, {report.errors:,} with errors")
    if report.retired:
        out.print(f"  retired      {report.retired:,} grids the file does not hold")
    if report.problems:
        print_table(
            ("row", "field", "severity", "problem"),
            ((p.row, p.field, p.severity.value, p.message) for p in report.problems[:PROBLEMS_SHOWN]),
        )
        if len(report.problems) > PROBLEMS_SHOWN:
            out.print(f"... and {len(report.problems) - PROBLEMS_SHOWN:,} more")
    done = f"Saved in plan {report.plan_id}." if applied else "Dry run: nothing was changed; add --apply."
    out.print(done)
