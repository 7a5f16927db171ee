"""Tool calls: out of the pieces of a stream, their arguments, and what comes next in the loop. Pure."""
