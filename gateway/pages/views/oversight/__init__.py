"""Oversight: indicators, the wall screen, findings, the chain's health."""
