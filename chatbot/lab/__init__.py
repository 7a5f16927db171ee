"""The embedded provider: its scenarios and its guide, offline, in four wire formats; its judge, and its course."""
