"""What a first word means that is no command: a program of its own, or a command with a letter wrong."""
