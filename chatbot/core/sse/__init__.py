"""Server-sent events: bytes to events, and what is mended in streams that break the standard."""
