"""`--mcp NAME` and `chat mcp`: the servers that are named in files, whom a person trusts, and their tools."""
