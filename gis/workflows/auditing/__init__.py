"""Keep the audit log: seal it, verify it, drop what need not be kept any longer."""
