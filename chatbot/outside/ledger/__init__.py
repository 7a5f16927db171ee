"""The ledger: what went to which host and what it cost, by day, and the budgets that are held against it."""
