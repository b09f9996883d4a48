"""Verbs of `wangge grid` that have a file of their own."""
