"""The command `chat probe`: asking a server what it supports, and showing, keeping and comparing what it does."""
