"""The world: each function touches it once, without loops or policy."""
