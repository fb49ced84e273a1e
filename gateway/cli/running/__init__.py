"""Commands that keep a network running: a chain, nodes and co-signers, relays, the gateway with its pages, and the
attack suite against all of it."""
