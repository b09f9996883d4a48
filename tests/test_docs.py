"""The documents tell the truth: links lead somewhere, modules, commands, settings and routes exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import typer
from house import MODULES, ROOT, name, tracked

from gis.api.app import create_app
from gis.cli.main import command_line
from gis.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = tracked("*.md")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", text(path))
    missing = [t for t in targets if not t.startswith("http") and not (path.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_named_file_exists(path: Path) -> None:
    if path.name == "CHANGELOG.md":
        return
    named = re.findall(r"`((?:gis|tests|docs|data|tools|benchmarks|notebooks)/[\w./-]+)`", text(path))
    assert [n for n in named if not (ROOT / n).exists() and "vendor" not in n] == []


def test_architecture_lists_every_module_and_no_other() -> None:
    listed = set(re.findall(r"^\| `(gis/[^`]+\.py)` \|", text(ROOT / "ARCHITECTURE.md"), re.MULTILINE))
    real = {
        name(path)
        for path in MODULES
        if path.name not in {"__init__.py", "__main__.py"} and "migrations/" not in name(path)
    }
    assert listed == real


def commands() -> set[str]:
    root = typer.main.get_command(command_line())
    found = set()
    for noun, command in getattr(root, "commands", {}).items():
        verbs = getattr(command, "commands", {})
        found |= {f"{noun} {verb}" for verb in verbs} or {noun}
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_command_named_exists(path: Path) -> None:
    real = commands()
    named = re.findall(r"`(?:\.venv/bin/)?wangge ([a-z-]+(?: [a-z-]+)?)", text(path))
    named += re.findall(r"^(?:\.venv/bin/)?wangge ([a-z-]+(?: [a-z-]+)?)", text(path), re.MULTILINE)
    nouns = {command.split()[0] for command in real}
    unknown = {n for n in named if n not in real | nouns and n.split()[0] not in real}
    assert unknown == set()


def test_every_command_is_in_the_reference() -> None:
    reference = text(ROOT / "docs/commands.md")
    assert {command for command in commands() if f"wangge {command}" not in reference} == set()


def test_every_setting_is_in_the_reference_and_no_other() -> None:
    listed = set(re.findall(r"^\| `(WANGGE_\w+)` \|", text(ROOT / "docs/settings.md"), re.MULTILINE))
    assert listed == {f"WANGGE_{field.upper()}" for field in Settings.model_fields}


def test_every_route_is_in_the_reference(settings: Settings) -> None:
    reference = text(ROOT / "docs/api.md")
    paths = create_app(settings).openapi()["paths"]
    assert {path for path in paths if f"`{path}`" not in reference} == set()


def test_every_decision_is_in_the_index() -> None:
    index = text(ROOT / "docs/decisions/README.md")
    files = {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}
    assert files == set(re.findall(r"\((0[^)]+\.md)\)", index))


def test_both_readmes_have_the_same_sections() -> None:
    sections = [
        len(re.findall(r"^## ", text(ROOT / readme), re.MULTILINE))
        for readme in ("README.md", "README.zh.md")
    ]
    assert sections[0] == sections[1] > 0
