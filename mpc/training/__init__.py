"""What a node knows of a training run without computing it: its messages and leakage, and the port of who trains."""
