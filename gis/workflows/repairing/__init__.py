"""Repair the grids of a plan: by which rules, with what in the way, and what is told of it."""
