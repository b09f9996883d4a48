"""Jobs: the queue as callers see it, and as those see it who work it off."""
