"""`chat -m A -m B`: one question asked of several models at once."""
