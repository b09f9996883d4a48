"""Signing in and out, accounts, what they may do, and who is whom for another identity provider."""
