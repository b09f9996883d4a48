"""What surrounds every request: its id, log line, metrics, limits and headers. Plain ASGI."""
