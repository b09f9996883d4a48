"""Routes about what is remembered from check to check, and what is proved."""
