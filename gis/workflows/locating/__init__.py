"""Locating other than one point in one release: the rows of a file, and a point in a plan's draft."""
