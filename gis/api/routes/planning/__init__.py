"""Routes about what was done to a plan."""
