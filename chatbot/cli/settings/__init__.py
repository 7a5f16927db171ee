"""The settings of the person: read for a question, shown, and changed with `chat config`."""
