"""Set-up of a checkout: plain Python, no packages, because it runs before any are installed."""
