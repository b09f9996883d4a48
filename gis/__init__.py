"""Wangge: grid management and GIS analytics for a city district. Start at `gis.nouns`."""

__version__ = "0.1.0"
