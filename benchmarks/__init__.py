"""Promises about real data and speed, each measured by a command anyone can repeat."""
