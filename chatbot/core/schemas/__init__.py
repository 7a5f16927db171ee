"""JSON Schema: what an answer has to fit, and whether it does."""
