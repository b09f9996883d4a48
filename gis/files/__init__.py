"""Files and frames: GeoJSON, GeoPackage, Shapefile, FlatGeobuf and CSV in; GeoJSON, GeoPackage, CSV out."""
