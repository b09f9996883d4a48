"""The land of the invented district: terrain, water, roads, and the blocks between them."""
