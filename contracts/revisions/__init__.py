"""Revisions: catalogue entries brought up to date in time, reviewed and published by the authority (article 17)."""
