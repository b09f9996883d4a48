"""Routes about what is remembered from check to check, what is proved, and what is repaired."""
