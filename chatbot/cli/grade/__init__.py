"""`chat lab grade`: anyone's client, marked."""
