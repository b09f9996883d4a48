"""Routes of identity: sessions, one's own account, users and units."""
