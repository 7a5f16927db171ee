"""What a server that is compatible with OpenAI really supports: checks, each a request and a verdict. Pure."""
