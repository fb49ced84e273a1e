"""Joint computing: statistics, budgets, runs."""
