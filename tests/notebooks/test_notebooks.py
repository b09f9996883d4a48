from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import nbformat
import pytest
import shapely
from nbclient import NotebookClient

if TYPE_CHECKING:
    from gis.settings import Settings

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run(notebook: nbformat.NotebookNode) -> str:
    """Run a notebook to its end, require that it shows a map, and return what it prints."""
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output["data"].get("text/html", "") for output in outputs if "data" in output]
    assert any("<iframe srcdoc=" in html for html in shown)
    return "".join(output.get("text", "") for output in outputs)


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / name, as_version=4)


def test_the_first_look_goes_from_files_to_a_heat_map(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANGGE_DATABASE_URL", settings.database_url or "")
    printed = run(read("01_first_look.ipynb"))
    assert "0 findings" in printed
    assert "Gap of" in printed


def test_the_damaged_sample_is_checked_and_repaired() -> None:
    printed = run(read("04_check_and_repair.ipynb"))
    assert "33 findings before, 12 after" in printed  # codes, communities and parts are for people
    assert "0 places left" in printed
    assert "a second repair makes 0 changes" in printed


def test_a_file_of_ones_own_is_checked_and_repaired(tmp_path: Path) -> None:
    path = tmp_path / "own.geojson"
    beside_a_gap = [shapely.box(116.0, 39.9, 116.01, 39.91), shapely.box(116.01002, 39.9, 116.02, 39.91)]
    across = [shapely.box(116.0, 39.91, 116.02, 39.92), shapely.box(116.0, 39.89, 116.02, 39.9)]
    gpd.GeoDataFrame(geometry=[*beside_a_gap, *across], crs="EPSG:4326").to_file(path)
    notebook = read("04_check_and_repair.ipynb")
    settings = notebook.cells[1]
    settings.source = settings.source.replace("own_file = None", f"own_file = Path({str(path)!r})")
    printed = run(notebook)
    assert "Gap of" in printed
    assert "findings before, 0 after" in printed


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_is_kept_without_results(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
