"""The network: one request out, its response in, as it comes. No retry, no meaning."""
