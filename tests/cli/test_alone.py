"""Every noun and verb as a process of its own: it starts, finds its database and ends with its exit code.

A command loads the module of its noun alone, so that each must import all it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commands import run_alone

from gis.cli.main import NOUNS, VERBS

if TYPE_CHECKING:
    from gis.settings import Settings

COMMANDS = [
    (("area", "import", "nowhere.geojson", "--level", "street", "--crs", "wgs84"), 2, "nowhere.geojson"),
    (("grid", "check"), 3, "no release"),
    (("plan", "list"), 0, "No plans yet"),
    (("release", "list"), 0, "Nothing is published yet"),
    (("event", "list"), 0, "No events"),
    (("map", "grids", "-o", "x.html"), 3, "No release is in force"),
    (("sample", "load", "--folder", "nowhere"), 2, "nowhere"),
    (("database", "status"), 0, "private server is not used"),
    (("user", "grant", "nobody", "grid_worker"), 3, "nobody"),
    (("unit", "list"), 0, "No units yet"),
    (("audit", "list"), 0, "No entries"),
    (("privacy", "retain"), 0, "Dry run"),
    (("key", "show"), 6, "put the file back"),
    (("locate", "118", "31", "--crs", "mars"), 2, "crs: Unknown coordinate system"),
    (("doctor",), 0, "ok  Python"),
    (("version",), 0, "wangge 0."),
]


@pytest.mark.parametrize(("arguments", "code", "said"), COMMANDS, ids=[one[0][0] for one in COMMANDS])
def test_a_command_is_a_process(
    module_settings: Settings, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run_alone(module_settings, *arguments, code=code)
    assert said in (done.stdout + done.stderr).decode()


def test_none_is_forgotten() -> None:
    # `serve` has tests of its own, all on processes
    assert {arguments[0] for arguments, _, _ in COMMANDS} == {*NOUNS, *VERBS, "version"} - {"serve"}
