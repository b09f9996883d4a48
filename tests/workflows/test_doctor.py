"""The doctor on this machine, on bare ones, and on broken ones: it always answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gis.workflows import doctor
from gis.workflows.doctor import Diagnosis, Health, diagnose

if TYPE_CHECKING:
    import pytest

    from gis.settings import Settings

ROOT = Path(__file__).parents[2]


def by_name(diagnoses: list[Diagnosis]) -> dict[str, Diagnosis]:
    return {one.name: one for one in diagnoses}


def run_doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gis.cli.doctor", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **variables},
    )


def test_everything_that_is_missing_has_a_remedy_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANGGE_DATABASE_URL", raising=False)
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path / "home"))
    found = by_name(diagnose())
    assert [one.name for one in found.values() if one.health is not Health.GOOD and not one.remedy] == []
    assert found["Python packages"].health is Health.GOOD
    assert found["PostgreSQL"].health is Health.GOOD
    assert found["database"].found.startswith("missing")
    assert found["schema"].health is Health.WISHED
    assert list(tmp_path.iterdir()) == []


def test_a_migrated_database_is_healthy_and_an_empty_one_needs_its_schema(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("WANGGE_DATABASE_URL", settings.database_url)
    found = by_name(diagnose())
    assert found["database"].found.startswith("your server answers: PostgreSQL 1")
    assert found["schema"].health is Health.GOOD
    empty = settings.database_url.replace(settings.database_url.split("?")[0].rsplit("/", 1)[1], "postgres")
    monkeypatch.setenv("WANGGE_DATABASE_URL", empty)
    found = by_name(diagnose())
    assert found["schema"] == Diagnosis(
        "schema", Health.NEEDED, found["schema"].found, "wangge database upgrade"
    )
    assert "at nothing" in found["schema"].found


def test_an_unreachable_server_is_a_diagnosis_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://wangge:secret@127.0.0.1:1/none")
    found = by_name(diagnose())
    assert found["database"].health is Health.NEEDED
    assert "secret" not in str(found)


def test_a_machine_without_postgresql_hears_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gis.store.server.programs._candidate_folders", lambda: iter([tmp_path]))
    monkeypatch.delenv("WANGGE_DATABASE_URL", raising=False)
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path))
    found = by_name(diagnose())
    assert found["PostgreSQL"].health is Health.NEEDED
    assert "install" in found["PostgreSQL"].remedy
    assert found["database"].health is Health.NEEDED


def test_a_busy_port_is_named_with_the_way_to_choose_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        diagnosis = doctor.examine_port("127.0.0.1", taken.getsockname()[1])
    assert diagnosis.health is Health.WISHED
    assert "WANGGE_PORT" in diagnosis.remedy


def test_packages_that_cannot_be_imported_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PLAIN_PACKAGES", ("json", "no_such_package"))
    diagnosis = doctor.examine_packages()
    assert diagnosis.health is Health.NEEDED
    assert "no_such_package" in diagnosis.found
    assert "json" not in diagnosis.found


def test_json_is_for_programs_and_the_exit_code_follows_what_is_needed(settings: Settings) -> None:
    good = run_doctor("--json", WANGGE_DATABASE_URL=settings.database_url or "")
    needed = [one["name"] for one in json.loads(good.stdout) if one["health"] == "needed"]
    assert good.returncode == (1 if needed else 0)
    bad = run_doctor(WANGGE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert bad.returncode == 1
    assert "does not run without: database" in bad.stdout


def test_a_broken_setting_is_a_diagnosis() -> None:
    said = run_doctor(WANGGE_PORT="many")
    assert said.returncode == 1
    assert "settings" in said.stdout
    assert said.stderr == ""


def test_a_broken_installation_still_gets_an_answer(tmp_path: Path) -> None:
    for name in ("shapely", "geopandas", "psycopg2"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('libgeos is damaged')\n", encoding="utf-8")
    said = run_doctor(PYTHONPATH=str(tmp_path))
    assert said.returncode == 1
    assert "shapely (libgeos is damaged)" in said.stdout
    assert said.stderr == ""
