"""A request as a program that anybody can run. A key is never in it: its place is a variable."""
