"""Assign what is stored or in a file to the grids of a release, and carry totals from release to release."""
