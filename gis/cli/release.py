"""`wangge release`: published states of all areas and grids."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.settings import Settings
from gis.store.plans import require_open_plan
from gis.store.releases import list_releases
from gis.workflows.publish_release import publish_release

app = typer.Typer(help="Published states of all areas and grids.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the releases, newest first."""
    with command_transaction(Settings()) as session:
        releases = list_releases(session)
    if not releases:
        out.print("Nothing is published yet. `wangge release publish` publishes a checked plan.")
        return
    print_table(
        ("release", "in force from", "title", "areas", "grids", "accepted findings", "by", "sha256"),
        (
            (
                r.number,
                r.effective_from,
                r.title,
                r.area_count,
                r.grid_count,
                r.accepted_findings,
                r.published_by,
                r.sha256[:16],
            )
            for r in releases
        ),
    )


@app.command()
def publish(
    effective_from: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day in force, as 2026-01-31.")
    ],
    plan: Annotated[int | None, typer.Option(help="Which plan; else the open one.")] = None,
    accept_findings: Annotated[
        str | None, typer.Option(metavar="REASON", help="Accept the check's errors for this reason.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Publish; without it, only say what would be.")
    ] = False,
) -> None:
    """Publish a checked plan as the next release. It cannot be undone, only followed by another."""
    settings = Settings()
    with command_transaction(settings) as session:
        plan_id = plan or require_open_plan(session).id
        release = publish_release(
            session, plan_id, effective_from.date(), settings, acting_user(), accept_findings
        )
        if not apply:
            session.rollback()
    verb = "is published" if apply else "would be published (dry run: add --apply)"
    out.print(
        f"Release {release.number} {verb}: {release.area_count:,} areas and {release.grid_count:,} grids, "
        f"in force from {release.effective_from}.\nsha256 {release.sha256}"
    )
