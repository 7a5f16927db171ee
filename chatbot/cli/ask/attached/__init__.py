"""Files that go with a question, made ready for whoever is asked."""
