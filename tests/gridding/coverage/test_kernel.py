"""A kernel compiled from other sources is refused, and none can be brought to read what is not there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gis.gridding.coverage import kernel, layout
from gis.workflows.locate_point import program_mark
from tools import kernel as compiling

GIS = Path(layout.__file__).parents[2]
NATIVE = Path("gridding", "coverage", "native")

ASK = """
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.kernel import IS_COMPILED
from gis.workflows.doctor import examine_kernel
import numpy as np, shapely
index = CoverageIndex.build(np.array([shapely.box(0, 0, 1, 1)]), np.array([7]))
print(IS_COMPILED, index.is_compiled, index.locate_one(0.5, 0.5), sep="|", end="|")
diagnosis = examine_kernel()
print(diagnosis.health, diagnosis.found, diagnosis.remedy, sep="|", end="")
"""
# stands for a compiled one; answers 0 as the box does
OTHER = (
    "class Kernel:\n    def __init__(self, *_):\n        pass\n    def one(self, x, y):\n        return 0\n"
)
REFUSED = (
    "False|False|0|wished|compiled from older sources: NumPy answers, more slowly|"
    "compile again with `make setup`"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the package, without the compiled kernel."""
    shutil.copytree(GIS, tmp_path / "gis", ignore=shutil.ignore_patterns("*.so", "__pycache__", "web"))
    return tmp_path / "gis"


def ask(copy: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK], check=True, capture_output=True, text=True, cwd=copy.parent
    )
    return done.stdout


def test_both_sides_name_one_layout() -> None:
    (said,) = re.findall(r"LAYOUT = (\d+)", (GIS / NATIVE / "tables.h").read_text())
    assert int(said) == layout.LAYOUT
    assert kernel.IS_COMPILED
    assert kernel._kernel.LAYOUT == layout.LAYOUT  # noqa: SLF001 - that the two agree is what is tested


@pytest.mark.parametrize(
    "content",
    [
        f"LAYOUT = {layout.LAYOUT - 1}\n{OTHER}",
        f"LAYOUT = {layout.LAYOUT + 1}\n{OTHER}",
        OTHER,
        "raise ImportError",
    ],
    ids=["older", "newer", "without a number", "that does not load"],
)
def test_a_kernel_from_other_sources_is_refused_and_numpy_answers(copy: Path, content: str) -> None:
    (copy / "gridding" / "coverage" / "_kernel.py").write_text(content)
    assert ask(copy) == REFUSED


def test_a_kernel_of_this_layout_is_taken(copy: Path) -> None:
    (copy / "gridding" / "coverage" / "_kernel.py").write_text(f"LAYOUT = {layout.LAYOUT}\n{OTHER}")
    assert ask(copy) == "True|True|0|good|compiled|"


def test_without_a_kernel_numpy_answers(copy: Path) -> None:
    assert ask(copy).startswith("False|False|0|wished|not compiled")


def test_another_kernel_makes_other_index_files(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gis.gridding.__path__", [str(copy / "gridding")])
    mark = program_mark.__wrapped__  # without what it has kept
    before = mark()
    for name in ("tables.h", "kernel.c"):
        source = copy / NATIVE / name
        source.write_text(source.read_text() + "\n")
        assert mark() != before, name
        before = mark()


def test_sources_that_do_not_compile_leave_no_older_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "kernel.c").write_text("int half(")
    older = tmp_path / "_kernel.abi3.so"
    older.write_bytes(b"")
    monkeypatch.setattr(compiling, "COVERAGE", tmp_path)
    monkeypatch.setattr(compiling, "KERNEL", older)
    assert not compiling.compile_kernel()
    assert [one.name for one in tmp_path.iterdir()] == ["native"]
    assert "does not compile here" in capfd.readouterr().out
