"""Who gets which face: what is left, what is cut first, and the rules. Start at `judge`."""
