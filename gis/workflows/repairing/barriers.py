"""Read lines that no gap may be filled across, as roads and rivers, from a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.errors import InputError
from gis.files.layers import open_layer
from gis.files.sources import BATCH, LINE_KINDS, ReadLimits
from gis.gridding.crs import geometries_to_stored
from gis.nouns import Severity
from gis.workflows.import_layer import require_plausible, stated_system

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

    from gis.gridding.chain.rings import Polygons
    from gis.settings import Settings

_AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, slots=True)
class BarrierFile:
    """Which file of lines, and how to read it.

    Attributes:
        path: The file; its format is told by its content.
        crs: Its coordinate system; None: the one the file declares.
        layer: Which layer, where there are several.
    """

    path: Path
    crs: str | None = None
    layer: str | None = None


def read_barriers(source: BarrierFile, near: GeoDataFrame, settings: Settings) -> Polygons:
    """Read the lines of a file into stored coordinates.

    Args:
        source: The file.
        near: What its lines are expected to lie near, EPSG:4490.
        settings: Give the limits.

    Raises:
        InputError: The file cannot be used, a row of it is no line, or there is none.
        CoordinateSystemError: No system is stated or declared, or the lines lie nowhere near.
    """
    limits = replace(ReadLimits.of(settings), kinds=LINE_KINDS)
    found = [np.empty(0, dtype=object)]
    with open_layer(source.path, limits=limits, layer=source.layer) as layer:
        system = stated_system(source.crs, layer)
        for batch in layer.batches(BATCH):
            require_lines(source, batch)
            if len(found) == 1:
                require_plausible(batch, near, system, stated=source.crs is not None)
            found.append(geometries_to_stored(batch.geometry.to_numpy(), system))
        wrong = next((one for one in layer.problems if one.severity is Severity.ERROR), None)
    if wrong is not None:
        raise InputError(f"{source.path.name}: {wrong.message}", field="barriers", row=wrong.row)
    lines: Polygons = np.concatenate(found)
    lines = lines[~(shapely.is_missing(lines) | shapely.is_empty(lines))]
    if not len(lines):
        raise InputError(f"{source.path.name} holds no lines; is it the right layer?", field="barriers")
    return lines


def require_lines(source: BarrierFile, batch: GeoDataFrame) -> None:
    """Raise InputError, with the row, if something of a file is an area."""
    is_area = np.isin(shapely.get_type_id(batch.geometry.to_numpy()), _AREAS)
    if is_area.any():
        raise InputError(
            f"{source.path.name}: a barrier is a line, as the middle of a road or river, and no area.",
            field="barriers",
            row=int(batch.index[is_area][0]),
        )
