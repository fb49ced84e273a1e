"""Boosted trees over rows of several departments with the same columns, grown on noised sums by bin."""
