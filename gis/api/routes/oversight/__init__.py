"""Routes for those who watch over others: the audit log, and personal data shown for a reason."""
