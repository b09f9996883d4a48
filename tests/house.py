"""The files of the project, for the tests of the house and of the documents."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
MIGRATIONS = "gis/store/migrations/versions/"


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


# a migration is written once, by a generator, and never changed
SOURCES = [
    path
    for path in tracked("*.py", "*.js", "*.css", "*.html", "*.sql", "*.sh")
    if MIGRATIONS not in path.as_posix()
]
MODULES = [path for path in SOURCES if path.suffix == ".py" and path.is_relative_to(ROOT / "gis")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
