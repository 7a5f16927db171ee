"""`chat models`."""
