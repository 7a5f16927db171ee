"""The settings file of the person: its TOML, and what its names and values mean."""
