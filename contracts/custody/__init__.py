"""Custody: who holds an item, since when and in which condition, handed on by two signatures."""
