"""Notary streams on this disk: notarizing records, and putting a stream's root on the chain."""
