"""A function of a person's file, in a process of its own: what a model is told of it, and the call."""
