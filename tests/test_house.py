"""The house limits of CONTRIBUTING.md, held by a test rather than by memory."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from house import MIGRATIONS, MODULES, ROOT, SOURCES, name, tracked

MOST_LINES, MOST_MODULES = 400, 14
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "service", "misc"}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_file_is_longer_than_the_limit(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_no_folder_holds_more_modules_than_the_limit() -> None:
    folders: dict[Path, int] = {}
    for path in MODULES:
        if path.name != "__init__.py" and MIGRATIONS not in path.as_posix():
            folders[path.parent] = folders.get(path.parent, 0) + 1
    assert {name(folder): count for folder, count in folders.items() if count > MOST_MODULES} == {}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_names_say_what_is_inside(path: Path) -> None:
    assert not VAGUE_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{name(path)} has no docstring"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_left_to_do(path: Path) -> None:
    if path == Path(__file__):
        return
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", path.read_text(encoding="utf-8"))


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        name(path)
        for path in MODULES
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    ]
    assert readers == []


def test_only_the_edges_commit() -> None:
    committers = [name(path) for path in MODULES if ".commit()" in path.read_text(encoding="utf-8")]
    assert committers == []


def test_queries_stay_in_the_store() -> None:
    leaks = [
        name(path)
        for path in MODULES
        if not path.is_relative_to(ROOT / "gis" / "store")
        and re.search(r"from sqlalchemy import .*\b(select|text|insert|update|delete)\b", path.read_text())
    ]
    assert leaks == []


def test_every_exception_to_a_rule_gives_its_reason() -> None:
    bare = [
        f"{name(path)}:{number}"
        for path in SOURCES
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*(noqa|type: ignore)", line)
        and not re.search(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])\s*(-|#)\s*\w", line)
        and path != Path(__file__)
    ]
    assert bare == []


def test_the_repository_speaks_of_the_project_alone() -> None:
    texts = [path for path in tracked() if path.suffix not in {".png", ".gpkg", ".lock"}]
    found = [
        name(path)
        for path in texts
        if re.search(rb"/(work|tmp/w)/|pypi\.org|pythonhosted|npmjs", path.read_bytes())
        and path != Path(__file__)
    ]
    assert found == []
