"""Commands about people: users, units."""
