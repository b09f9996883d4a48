"""The audit log: who did what, written once with the deed itself, sealed afterwards in a chain of hashes."""
