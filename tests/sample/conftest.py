"""The published sample district, read once; making it again is the business of one test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gis.workflows.make_sample import read_sample

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.sample import SampleDistrict

PUBLISHED = Path(__file__).parents[2] / "data" / "boundaries"


@pytest.fixture(scope="session")
def district() -> SampleDistrict:
    """The district of `data/boundaries`."""
    return read_sample(PUBLISHED)


@pytest.fixture(scope="session")
def natural(district: SampleDistrict) -> gpd.GeoDataFrame:
    """Its natural grids."""
    return district.grids_of("natural")


@pytest.fixture(scope="session")
def areas(district: SampleDistrict) -> gpd.GeoDataFrame:
    """Its areas of all levels."""
    return pd.concat([district.district, district.streets, district.communities], ignore_index=True)
