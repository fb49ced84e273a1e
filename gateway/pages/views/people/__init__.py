"""People: signing in, one's own account, all accounts."""
