"""The command `chat`: its options, and which way its question goes."""
