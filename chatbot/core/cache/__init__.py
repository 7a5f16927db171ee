"""An answer that is kept under its question: what of it is kept, and what is told of it. Pure."""
