"""What answers cost: prices, the cost of an answer, the estimate of a question, budgets, and the rows of the ledger."""
