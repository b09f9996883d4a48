"""Maps of what became of the grids between two states, or by a repair."""
