"""Image files, byte by byte: what one says beside its picture, and what a file is that is none. Pure."""
