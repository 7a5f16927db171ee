"""`chat keys`, and the keys that the person stored."""
