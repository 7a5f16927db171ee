"""The answers that are kept to be given again, in SQLite, in the person's cache folder."""
