"""Pure rules about people: who may do what, what is recorded of it, and how personal data is shown."""
