"""Title certificates: what the chain knows of them, and the formats in which people carry them."""
