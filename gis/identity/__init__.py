"""Pure rules about people: roles and rights, passwords, what is recorded, how personal data is shown."""
