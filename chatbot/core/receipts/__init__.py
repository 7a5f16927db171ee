"""What came in and went out for an answer, measured at each border, and where something was lost between them."""
