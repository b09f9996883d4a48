"""What is remembered from check to check."""
