"""A kernel compiled from other sources is refused, and none can be brought to read what is not there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from gis.gridding.coverage import kernel, layout
from gis.gridding.coverage.index import CoverageIndex
from gis.workflows.locate_point import program_mark
from tools import kernel as compiling

if TYPE_CHECKING:
    from gis.gridding.coverage._kernel import Kernel

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
    broken = compiling.Kernel(tmp_path / "native" / "kernel.c", older)
    monkeypatch.setattr(compiling, "KERNELS", (broken,))
    assert compiling.compile_kernels() == []
    assert [one.name for one in tmp_path.iterdir()] == ["native"]
    assert "does not compile here" in capfd.readouterr().out


# --- what a kernel is given ---------------------------------------------------------------------------

INDEX = CoverageIndex.build(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]), np.array([3, 5]))
MAKE: Any = kernel._kernel  # noqa: SLF001 - no wrapper stands between: types are left to the module


def given(**changed: Any) -> tuple[Any, ...]:
    """Return the arguments of a kernel over the index, some of them others."""
    tables, frame = INDEX.tables, INDEX.tables.frame
    named = {
        "frame": (frame.west, frame.south, frame.x_scale, frame.y_scale, frame.columns, frame.rows),
        "cells": tables.cells,
        "blocks": tables.blocks,
        "words": tables.words,
        "vertices": tables.vertices,
        "squares": tables.squares,
    }
    assert named.keys() >= changed.keys()
    return tuple((named | changed).values())


def framed(columns: int, rows: int) -> tuple[Any, ...]:
    return (*given()[0][:4], columns, rows)


def unaligned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(b"." + array.tobytes(), dtype=np.uint8)[1:].view(array.dtype).reshape(array.shape)


TABLES = INDEX.tables
WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no frame": ({"frame": None}, TypeError, "sequence"),
    "frame of five": ({"frame": (0.0, 0.0, 1.0, 1.0, 1)}, TypeError, "length 6"),
    "no columns": ({"frame": framed(0, 1)}, ValueError, "no cells"),
    "fewer than no rows": ({"frame": framed(1, -1)}, ValueError, "no cells"),
    "more than 32 bits of columns": ({"frame": framed(1 << 32, 1)}, ValueError, "than can be numbered"),
    # the product is 0 in 32 bits and would fit one cell
    "more cells than 32 bits": (
        {"frame": framed(1 << 16, 1 << 16), "cells": TABLES.cells[:1]},
        ValueError,
        "than can be numbered",
    ),
    "cells of another frame": ({"cells": TABLES.cells[:-1]}, ValueError, "cells do not fit"),
    "squares of another frame": ({"squares": np.zeros(999, dtype=bool)}, ValueError, "squares do not fit"),
    "long cells": ({"cells": TABLES.cells.astype(np.int64)}, TypeError, "cells: an array of int32"),
    "unsigned words": ({"words": TABLES.words.astype(np.uint32)}, TypeError, "words: an array of int32"),
    "words the other way round": (
        {"words": TABLES.words.astype(">i4")},
        TypeError,
        "words: an array of int32",
    ),
    "no array of words": ({"words": None}, TypeError, "words: an array of int32"),
    "words in a list": ({"words": [1, 2]}, TypeError, "words: an array of int32"),
    "too few words": ({"words": TABLES.words[:7]}, ValueError, "no room"),
    "signed blocks": ({"blocks": TABLES.blocks.view(np.int8)}, TypeError, "blocks: an array of uint8"),
    "blocks beside a word": ({"blocks": unaligned(TABLES.blocks)}, ValueError, "start at a word"),
    "squares of bytes": ({"squares": TABLES.squares.view(np.uint8)}, TypeError, "squares: an array of bool"),
    "single vertices": ({"vertices": TABLES.vertices.astype(np.float32)}, TypeError, "float64"),
    "vertices in a row": ({"vertices": TABLES.vertices.ravel()}, ValueError, "of vertices two"),
    "vertices in threes": ({"vertices": np.zeros((4, 3))}, ValueError, "no pairs"),
    "vertices by column": ({"vertices": np.asfortranarray(TABLES.vertices)}, ValueError, "in one piece"),
    "every other cell": ({"cells": np.repeat(TABLES.cells, 2)[::2]}, ValueError, "cells: .* in one piece"),
    "unaligned cells": ({"cells": unaligned(TABLES.cells)}, TypeError, "cells: an array of int32"),
    "cells beside a word": (
        {"cells": memoryview(b"." + TABLES.cells.tobytes())[1:].cast("i")},
        ValueError,
        "cells: .* does not start",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_is_refused_by_name_and_not_held(case: str) -> None:
    changed, error, text = WRONG[case]
    held = [sys.getrefcount(array) for array in given(**changed)[1:]]
    made = MAKE.Kernel.__new__(MAKE.Kernel)
    for _ in range(3):
        with pytest.raises(error, match=text):
            made.__init__(*given(**changed))
    assert [sys.getrefcount(array) for array in given(**changed)[1:]] == held
    with pytest.raises(RuntimeError, match="was not made"):
        made.one(0.5, 0.5)
    made.__init__(*given())
    assert made.one(0.5, 0.5) == 0


def test_a_kernel_is_made_once_and_gives_back_what_it_held() -> None:
    held = [sys.getrefcount(array) for array in given()[1:]]
    made: Kernel | None = MAKE.Kernel(*given())
    assert made is not None
    for _ in range(3):
        with pytest.raises(RuntimeError, match="made once"):
            made.__init__(*given())  # type: ignore[misc] # what is tested
    assert made.one(1.5, 0.5) == 1
    with pytest.raises(TypeError, match="by name"):
        MAKE.Kernel(*given(), squares=None)
    made = None
    assert [sys.getrefcount(array) for array in given()[1:]] == held


X = np.array([0.5, 1.5, 9.0])
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "one": (0.5, 0.5),
    "at": (0.5, 0.5),
    "all": (0.5, 0.5),
    "near": (0.5, 0.5, 1.0, 1.0, 1.0),
    "nearest": (0.5, 0.5, 1.0, 1.0, 1.0),
    "values": (X, X, np.empty(3, dtype=np.int32)),
    "first": (X, X, np.empty(3, dtype=np.int32), np.empty(3, dtype=bool)),
    "within": (X, X, X, X, X, np.empty(3, dtype=bool)),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_kernel_that_was_only_allocated_answers_nothing(name: str) -> None:
    assert {one for one in dir(MAKE.Kernel) if not one.startswith("_")} == ARGUMENTS.keys()
    with pytest.raises(RuntimeError, match="was not made"):
        getattr(MAKE.Kernel.__new__(MAKE.Kernel), name)(*ARGUMENTS[name])
    getattr(MAKE.Kernel(*given()), name)(*ARGUMENTS[name])


@pytest.mark.parametrize("name", ["values", "first", "within"])
def test_arrays_of_points_and_answers_are_looked_at_before_they_are_used(name: str) -> None:
    ask = getattr(MAKE.Kernel(*given()), name)
    arguments = ARGUMENTS[name]

    def refused(place: int, array: Any, error: type[Exception], text: str) -> None:
        with pytest.raises(error, match=text):
            ask(*arguments[:place], array, *arguments[place + 1 :])

    refused(0, X.astype(np.float32), TypeError, "x: an array of float64")
    refused(1, X.astype(int), TypeError, "y: an array of float64")
    refused(1, X[::-1], ValueError, "y: .* in one piece")
    refused(1, X[:2], ValueError, "y: as many numbers as in x")
    last, answer = len(arguments) - 1, arguments[-1]
    refused(last, answer[:2], ValueError, "as many numbers as in x")
    refused(last, np.empty(3), TypeError, "an array of (int32|bool)")
    kept = answer.copy()
    kept.flags.writeable = False
    refused(last, kept, ValueError, "cannot be written")
    with pytest.raises(TypeError, match="arrays are wanted"):
        ask(*arguments[:-1])
