"""The embedded provider: its scenarios and its guide, offline, in three wire formats."""
