"""Child processes with limits: of time, of what they write, and of what they leave running."""
