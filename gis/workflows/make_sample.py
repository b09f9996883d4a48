"""Make the sample district's files, and read them back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import geopandas as gpd
import orjson

from gis.errors import FileFormatError, InputError
from gis.files.geojson import write_layer
from gis.nouns import STORED_CRS, GridKind
from gis.sample.defects import inject_defects
from gis.sample.district import SEED, STEPS, SampleDistrict, make_district

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LAYERS", "SEED", "TOTAL_STEPS", "MadeSample", "make_sample", "read_sample"]

LAYERS = tuple(field.name for field in fields(SampleDistrict))
"""The layers of the sample district; each is a file `<layer>.geojson`."""

TOTAL_STEPS = STEPS + len(LAYERS)
DEFECT_GRIDS, DEFECT_TRUTH = "grids-with-defects", "defects"
_OPTIONAL = {"task", "parent_code"}  # empty for some rows, and then None


@dataclass(frozen=True, slots=True)
class MadeSample:
    """What was written.

    Attributes:
        seed: The seed it was made from.
        rows: Number of features by file, in the order they were written.
    """

    seed: int
    rows: dict[Path, int]


def make_sample(
    folder: Path,
    *,
    seed: int = SEED,
    defects: bool = False,
    on_progress: Callable[[str], None] = lambda _: None,
) -> MadeSample:
    """Write the sample district of a seed as GeoJSON files; the same seed gives the same bytes.

    Args:
        folder: Where to; made if it is not there.
        seed: Which district.
        defects: Also write `grids-with-defects.geojson`, a copy of the natural grids with known defects,
            and `defects.geojson`, which says where each is.
        on_progress: Told what is being done, about `TOTAL_STEPS` times.

    Raises:
        InputError: The seed is negative.
    """
    if seed < 0:
        raise InputError(f"the seed is {seed}; take a whole number from 0", field="seed")
    district = make_district(seed, on_progress=on_progress)
    layers = {name: getattr(district, name) for name in LAYERS}
    if defects:
        layers[DEFECT_GRIDS], layers[DEFECT_TRUTH] = inject_defects(
            district.grids_of(GridKind.NATURAL), seed=seed
        )
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, frame in layers.items():
        on_progress(f"{name}.geojson")
        path = folder / f"{name}.geojson"
        write_layer(frame, path)
        rows[path] = len(frame)
    return MadeSample(seed, rows)


def read_sample(folder: Path) -> SampleDistrict:
    """Read the files `make_sample` wrote; the frames equal those of `make_district`.

    Raises:
        InputError: A file is not there.
        FileFormatError: A file is damaged.
    """
    return SampleDistrict(**{name: _read(folder / f"{name}.geojson") for name in LAYERS})


def _read(path: Path) -> gpd.GeoDataFrame:
    """Read a file of our own making, lines as well as polygons; foreign files come by `gis.files.layers`."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; make it with `wangge sample make`", field="path")
    try:
        features = orjson.loads(path.read_bytes())["features"]
        frame = gpd.GeoDataFrame.from_features(features, crs=STORED_CRS)
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(
            f"{path.name} is damaged ({error}); make it again with `wangge sample make`"
        ) from error
    for name in _OPTIONAL & set(frame.columns):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame[[*frame.columns.drop("geometry"), "geometry"]]
