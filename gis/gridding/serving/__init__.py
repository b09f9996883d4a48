"""How much of each area the grids of each kind serve: by area, buildings and households; and what is left."""
