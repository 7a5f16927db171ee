"""`chat learn`: the course on web APIs."""
