"""Training, and joint scores of what was trained, as kinds of job; ``federated`` computes them."""
