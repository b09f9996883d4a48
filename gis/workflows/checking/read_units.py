"""Read unit grids from a file, to check them and the grids they make up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import InputError
from gis.workflows.comparing.read_state import StateFile, read_columns, require_usable

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from gis.settings import Settings

# the grid's code first: what is usually called so may be the unit's own
_WANTED = ("grid_code", "code", "community_code")


def read_units(file: StateFile, settings: Settings) -> GeoDataFrame:
    """Read unit grids, one a code.

    Args:
        file: Polygons with a code, the code of the grid each is part of, and that of its community.
        settings: Give the limits of files.

    Returns:
        Columns code, grid_code, community_code, geometry (EPSG:4490).

    Raises:
        InputError: The file cannot be used, has no column of grids, or rows of it have errors.
        CoordinateSystemError: No system is stated or declared, or the units lie nowhere near where it says.
    """
    units, problems = read_columns(file, _WANTED, settings)
    require_usable(problems, file)
    if not (units["grid_code"] != "").any():
        raise InputError(
            f"{file.path.name} does not say which grid a unit is part of; name the column, as --column "
            "grid_code=...",
            field="grid_code",
        )
    return units
