"""The published files are what the generator makes, byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.errors import FileFormatError, InputError
from gis.sample import SEED, make_district
from gis.workflows.make_sample import LAYERS, TOTAL_STEPS, make_sample, read_sample

PUBLISHED = Path(__file__).parents[2] / "data" / "boundaries"
MAKE = (
    "import sys; from pathlib import Path; from gis.workflows.make_sample import make_sample; "
    "made = make_sample(Path(sys.argv[1]), defects=True); print(len(made.rows))"
)


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files made by another process, whose hashes and vector instructions are not ours."""
    folder = tmp_path_factory.mktemp("sample") / "new"
    other = {"PYTHONHASHSEED": "4711", "NPY_DISABLE_CPU_FEATURES": disabled_features()}
    subprocess.run([sys.executable, "-c", MAKE, folder], check=True, env={**os.environ, **other})
    return folder


def disabled_features() -> str:
    """Return the widest vector instructions numpy uses here, so that the other process does without."""
    wide = ("X86_V4", "AVX512_SKX", "AVX512_ICL", "AVX512_SPR")
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return " ".join(name for name in wide if name in found)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_published_files_are_made_again_byte_for_byte(remade: Path, layer: str) -> None:
    name = f"{layer}.geojson"
    assert (remade / name).read_bytes() == (PUBLISHED / name).read_bytes()


def test_defects_are_written_beside_the_clean_files(remade: Path) -> None:
    assert {path.stem for path in remade.iterdir()} == {*LAYERS, "grids-with-defects", "defects"}
    truth = json.loads((remade / "defects.geojson").read_text("utf-8"))["features"]
    assert len(truth) == 33
    assert set(truth[0]["properties"]) == {"defect", "kind", "grids", "area_m2", "width_m"}


def test_the_published_files_are_small_and_one_feature_a_line() -> None:
    assert sum(path.stat().st_size for path in PUBLISHED.iterdir()) < 8e6
    for layer in LAYERS:
        lines = (PUBLISHED / f"{layer}.geojson").read_text("utf-8").splitlines()
        assert len(lines) == len(json.loads("\n".join(lines))["features"]) + 2
    codes = [
        grid["properties"]["code"]
        for grid in json.loads((PUBLISHED / "grids.geojson").read_text("utf-8"))["features"]
    ]
    assert codes == sorted(codes)


@pytest.mark.nightly
def test_what_is_read_equals_what_is_made() -> None:
    steps: list[str] = []
    made, read = make_district(SEED, on_progress=steps.append), read_sample(PUBLISHED)
    assert len(steps) + len(LAYERS) == TOTAL_STEPS
    for layer in LAYERS:
        ours, theirs = getattr(made, layer), getattr(read, layer)
        pd.testing.assert_frame_equal(
            pd.DataFrame(ours.drop(columns="geometry")),
            pd.DataFrame(theirs.drop(columns="geometry")),
            check_dtype=False,
        )
        assert shapely.equals_exact(ours.geometry.to_numpy(), theirs.geometry.to_numpy(), 0).all()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [0, 2, 4])
def test_other_seeds_give_other_districts_as_clean(seed: int) -> None:
    district = make_district(seed)
    assert len(district.communities) == 201
    assert len(district.grids_of("dedicated")) == 60
    for kind in ("natural", "dedicated"):
        shapes = district.grids_of(kind).geometry.to_numpy()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.is_valid(shapes).all()
    assert district.grids_of("natural")["households"].between(300, 500).mean() > 0.95


def test_a_missing_or_damaged_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wangge sample make"):
        read_sample(tmp_path)
    (tmp_path / "district.geojson").write_text('{"type": "FeatureCollection"')
    with pytest.raises(FileFormatError, match=r"district\.geojson is damaged"):
        read_sample(tmp_path)


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="from 0"):
        make_sample(tmp_path, seed=-1)
    assert not list(tmp_path.iterdir())
