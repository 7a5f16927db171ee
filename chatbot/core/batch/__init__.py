"""Many rows, asked one by one: what a row and its result are, and when the next one may be asked. Pure."""
