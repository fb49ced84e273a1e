"""Logistic regression over columns of two departments: residuals under encryption, gradients that only their owner
opens."""
