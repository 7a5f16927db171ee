"""What the services said is left of their limits: `chat limits`, and the warning beside an answer."""
