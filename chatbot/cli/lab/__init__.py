"""`chat lab`: the offline provider, and a proxy that breaks the answers of others."""
