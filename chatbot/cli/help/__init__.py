"""The help of all commands: a page of each, and one manual page."""
