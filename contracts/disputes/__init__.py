"""Disputes: the ladder from negotiation over the authorities to the government, and what was decided."""
