"""The exercises of a course on web APIs: their pages, and what each is checked for."""
