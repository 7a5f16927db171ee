"""What answers cost: prices, the gate of the budgets, the ledger, and the commands that show them."""
