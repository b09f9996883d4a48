"""Personal data: each value encrypted and bound to its place, found again by a keyed index."""
