"""`chat doctor`: what on this computer keeps `chat` from working, a line for each thing looked at."""
