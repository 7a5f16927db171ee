"""MCP servers, started, spoken to and ended: the one place that knows the package `mcp`."""
