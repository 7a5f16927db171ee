"""What a look at this computer found, and what it means; pure."""
