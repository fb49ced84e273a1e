"""Quorums: an action that is in force once m of n named parties have agreed to it in time."""
