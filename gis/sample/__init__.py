"""An invented district for trying everything: areas, grids, buildings, workers, a year of events, defects.

`make_district` first; the others fill it. All of it comes from whole-number seeds and nothing else.
"""

from gis.sample.defects import inject_defects
from gis.sample.district import SEED, SampleDistrict, make_district
from gis.sample.life.buildings import make_buildings
from gis.sample.life.events import make_events
from gis.sample.life.workers import Workforce, make_workers

__all__ = [
    "SEED",
    "SampleDistrict",
    "Workforce",
    "inject_defects",
    "make_buildings",
    "make_district",
    "make_events",
    "make_workers",
]
