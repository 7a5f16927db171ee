"""What goes to the standard streams, and into files that a person named."""
