"""Simplify grids and areas for display: they stay seamless, and areas stay the union of their parts."""
