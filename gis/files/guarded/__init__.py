"""Small files of the service for its own account alone: heads of the audit log, and keys."""
