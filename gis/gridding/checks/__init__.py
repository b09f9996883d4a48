"""One file per kind of finding; `gis.gridding.check` puts them together.

All of them take `Layer`s, whose polygons are valid and in metres, and give `Finding`s.
"""
