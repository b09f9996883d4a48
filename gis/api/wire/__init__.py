"""How things look on the wire: strict JSON in, parameters, GeoJSON and entity tags out."""
