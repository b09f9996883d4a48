"""Keep the audit log: seal it, verify it, write it for other programs."""
