"""The main command: what was said on the command line, who is asked, one answer or a session."""
