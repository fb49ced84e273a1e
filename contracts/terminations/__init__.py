"""Terminations: ending a service with cause, after consultation and filing."""
