"""Files that go with a question, byte by byte: what one is, and what a PDF says of itself. Pure."""
