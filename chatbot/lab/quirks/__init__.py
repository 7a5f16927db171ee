"""The quirks of the lab: ways in which real servers deviate from OpenAI, each a row and a function."""
