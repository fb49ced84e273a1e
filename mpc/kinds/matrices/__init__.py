"""Matrices of moments as a kind of job: bounds, cells and the job itself."""
