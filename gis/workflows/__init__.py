"""Use cases that cross layers: one file each, named like the command-line verb that runs it."""
