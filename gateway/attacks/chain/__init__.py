"""Attacks at the chain: an operator whose RPC lies, transactions out of turn, a stolen officer's key."""
