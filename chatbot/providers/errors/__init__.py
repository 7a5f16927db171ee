"""What the body of an error says, in every shape that servers send, and which of our errors it is."""
