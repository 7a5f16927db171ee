"""What a person sees and types. It is handed its streams, and asks nothing of the network."""
