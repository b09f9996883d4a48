"""The map of what became of the grids between two states."""
