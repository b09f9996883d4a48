"""What is remembered from check to check, and what is proved of stored areas and grids."""
