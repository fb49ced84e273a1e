"""Linear models that departments with the same columns train together, each on its own rows (horizontal learning)."""
