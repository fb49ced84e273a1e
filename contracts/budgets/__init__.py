"""Budgets: what releases cost in privacy, what may still be spent, and who said so."""
