"""Choices under a name: prompts with their variables and options, and the TOML they are written in."""
