"""Building a coverage index: edges drawn on a raster become cells, blocks and records. Start at `windows`."""
