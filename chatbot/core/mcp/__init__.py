"""MCP servers as data: their entries in a file, what they list, what they answer. Nothing here starts one."""
