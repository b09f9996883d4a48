"""Read GeoPackage, Shapefile and FlatGeobuf in a child process that a hostile file may kill, nothing more."""
