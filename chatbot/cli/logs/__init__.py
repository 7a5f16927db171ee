"""The command `chat logs`: what was said, found, shown, and asked again."""
