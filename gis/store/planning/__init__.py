"""What was done to a plan, operation by operation, and how it is undone."""
