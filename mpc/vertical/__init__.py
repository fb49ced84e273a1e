"""What a node knows of a training over columns of several departments without computing it: algorithms, messages,
leakage."""
