"""Supplies: what was delivered under an authorization, in time or late, and who has signed for it."""
