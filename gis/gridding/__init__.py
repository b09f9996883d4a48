"""Pure geometry of grids: check, number, nest and locate; arrays and frames in, values out.

No file, database, setting, log or clock is known here; randomness and time are arguments.
"""
