"""Where keys are kept, and how each is had: the person's file of keys, a command that prints one, the keyring."""
