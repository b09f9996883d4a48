"""Users, what they may do, and their sessions, in the database."""
