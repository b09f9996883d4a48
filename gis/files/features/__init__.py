"""Read GeoJSON and newline-delimited GeoJSON: strictly, in batches, without GDAL."""
