"""What can be believed of a chain without believing who tells it: sealed headers, proofs under them, the trust file
they rest on, runs of whole blocks, and a node's own durable belief."""
