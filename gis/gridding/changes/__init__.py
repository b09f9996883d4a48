"""Two states of a layer of grids, compared: which grids changed, how, and what ground passed between which.

Start at `gis.gridding.changes.compare`. Every kind of change is defined in `gis.gridding.changes.change`;
`docs/comparing.md` shows one picture of each.
"""
