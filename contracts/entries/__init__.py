"""Entries: what the catalogue says of a data set, complete, assessed and approved, before it is mounted."""
