"""Personal data: kept, shown, searched, exported, erased and forgotten in time."""
