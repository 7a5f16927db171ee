"""The first run: where nothing is set up, a person is asked how to begin."""
