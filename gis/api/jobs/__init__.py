"""Jobs: work in a process of its own, for as long as it takes; asked for and looked at by requests."""
