"""The session: its loop, its state, the table of slash commands and these commands by theme."""
