"""`chat models`, and the lists of models that the session and completion share with it."""
