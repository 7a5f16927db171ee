"""What a person can choose, each choice declared once: command line, variables, `/set` and completion read it here."""
