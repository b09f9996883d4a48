"""Commands for those who watch over others: the audit log, personal data and its keys."""
