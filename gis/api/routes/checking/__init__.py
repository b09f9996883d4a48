"""Routes about what is remembered from check to check."""
