"""Papers about one unit of a register, verified offline: the receipt of an entry, a title certificate with its status,
and what a scanner read from a printed one. Whole titles are ``contracts.evidence.title``."""
