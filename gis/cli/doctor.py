"""`wangge doctor`: what is there, what is missing, how to get it.

`python -m gis.cli.doctor` does the same without loading the other commands, for a broken installation.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from gis.workflows.doctor import Health, diagnose

MARKS = {Health.GOOD: ("ok", "green"), Health.WISHED: ("--", "yellow"), Health.NEEDED: ("!!", "red")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for programs.")] = False,
) -> None:
    """Say what is there, what is missing and how to get it; exit code 1 if something needed is missing."""
    diagnoses = diagnose()
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in diagnoses], ensure_ascii=False, indent=2))
    else:
        width = max(len(one.name) for one in diagnoses)
        for one in diagnoses:
            mark, colour = MARKS[one.health]
            typer.echo(f"{typer.style(mark, fg=colour)}  {one.name:<{width}}  {one.found}")
            if one.health is not Health.GOOD:
                typer.echo(f"    {'':<{width}}  -> {one.remedy}")
    needed = [one.name for one in diagnoses if one.health is Health.NEEDED]
    if needed:
        if not as_json:
            typer.echo(f"\nThe service does not run without: {', '.join(needed)}.")
        sys.exit(1)


if __name__ == "__main__":
    typer.run(doctor)
