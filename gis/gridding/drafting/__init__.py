"""What a plan would make of the grids, followed change by change."""
