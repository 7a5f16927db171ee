"""What each exercise is checked for: cases as data, and the rules that are its own."""
