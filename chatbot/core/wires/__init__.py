"""What is written in a wire format by whoever answers in it."""
