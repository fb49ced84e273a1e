"""Gradient boosting over columns of several departments: trees on encrypted gradients (vertical federated learning)."""
