"""Joint models on Flower, bound to authorizations. Empty so far: the joint statistics of ``mpc`` come first."""
