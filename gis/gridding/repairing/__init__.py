"""Repair polygons so that they partition their parents: least change first, and nothing is guessed.

All is done on the chain of edges: a face that is covered too often or not at all is taken from its losers
and given to its winner by adding up edges. No polygon is overlaid with another. Start at
`gis.gridding.repairing.repair`.
"""
