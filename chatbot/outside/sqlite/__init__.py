"""A small database in a file of its own: opened when it is needed, and begun anew when it is damaged."""
