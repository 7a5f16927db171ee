"""What a model wants to do, before the person who has to say yes to it."""
