"""Vyper modules that several contracts include; no Python."""
