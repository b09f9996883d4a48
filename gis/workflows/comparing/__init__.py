"""Comparing two states of the grids: releases, a plan with its base, files."""
