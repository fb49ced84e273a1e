"""Differential privacy of released sums: what is declared, truncated, noised, charged and told about the error."""
