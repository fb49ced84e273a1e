"""Queries with noise: what owners declare of them, their jobs, their figures with what is stated of each error, and a
forecast of those errors that reads no row."""
