"""PostGIS: the only place with queries. Plain functions, session first; rows never leave this package."""
