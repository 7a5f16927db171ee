"""The words of the command line: a declared command, what parses it, its help page, and what a mistyped word meant."""
