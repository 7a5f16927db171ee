"""Chat Completions from the other side: what a client asks in them read, and an answer of any wire written."""
