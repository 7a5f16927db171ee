"""The embedded provider: its scenarios and its guide, offline, in four wire formats; a judge of clients, and a course."""
