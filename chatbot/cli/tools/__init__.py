"""The tools of -T, and asking the person whether a call is to be made."""
