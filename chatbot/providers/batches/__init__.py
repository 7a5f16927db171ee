"""The batch engines of the providers: many rows handed over at once, and fetched hours later. Pure but for `send`."""
