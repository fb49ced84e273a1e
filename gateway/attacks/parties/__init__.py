"""Attacks by the parties of a job themselves: colluding owners, invented lists, and what they hold when they pool
it."""
