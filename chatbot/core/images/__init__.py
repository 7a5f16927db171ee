"""What the bytes of an image file say: its format, and where metadata stands in it."""
