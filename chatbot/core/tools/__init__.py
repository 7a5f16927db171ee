"""What a model may call, what it called, and what came of it: data and pure rules, nothing that runs a tool."""
