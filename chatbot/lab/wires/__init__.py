"""The wire formats as the lab answers in them, one a file."""
