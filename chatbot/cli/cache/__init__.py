"""`chat cache`: what the cache of answers holds."""
