"""The models of a server, as it lists them."""
