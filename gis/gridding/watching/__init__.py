"""Faults kept up to date under edits, and found in more polygons than fit in memory."""
