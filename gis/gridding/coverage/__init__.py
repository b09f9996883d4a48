"""The coverage index: from points to polygons, exact to the last bit. Start at `gis.gridding.coverage.index`.

How it works, in four steps:

1. `frame`: a raster of cells lies over the polygons. Most cells lie in one polygon, or in none.
2. `building` finds the cells that outlines run through, divides them into fine cells, and writes down for
   each who has it, or a short record: the few edges that matter there (`layout`); with NumPy or in C.
3. `nearness` finds the outlines near a point from the same tables, `edit` mends them where polygons change.
4. `lookup` (NumPy) or `native/` (C) answers points; what neither can decide for certain, GEOS does.
"""
