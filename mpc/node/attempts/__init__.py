"""One node's run through one attempt of one job: its specification, its own input, its payments, the messages around
the protocol, and the signed release."""
