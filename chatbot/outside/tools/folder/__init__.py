"""The files below one folder, and nothing else: read, listed and searched in a process of their own."""
