"""The domain: per area a Vyper contract, the same rules in pure Python, and a client; statute rules; evidence."""
