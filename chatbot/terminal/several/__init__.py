"""Several answers to one question: in turn, side by side, and how they differ."""
