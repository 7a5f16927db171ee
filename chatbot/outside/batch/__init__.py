"""The files of a batch: its rows, its results, and what a provider's batch is known by."""
