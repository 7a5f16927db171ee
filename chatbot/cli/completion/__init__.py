"""What the Tab key of the shell offers: the words typed, what may follow them, and the script of each shell."""
