"""The command line: argv to one action. Builds the pieces and hands them to each other; nothing imports from here."""
