"""Joint statistics as a department runs them: asking, the node's service, previews, audits, budgets."""
