"""Millions of rows in and out: PostgreSQL's binary COPY as arrays, and how far a bulk run has come."""
