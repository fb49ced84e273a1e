"""Departments with different columns of the same persons: common rows before training, and linear models over them."""
