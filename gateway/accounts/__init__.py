"""Who asks the gateway, and what it may: accounts, sessions, tokens, roles from the chain; no signing key."""
