"""Keys are hidden: in any string, and in the events of an answer."""
