"""An HTTP exchange as a record: what was sent and when what came back, and pure functions of it."""
