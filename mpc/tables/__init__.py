"""A department's own table: what its owner declares of it, and its rows, read through DuckDB and held against that
declaration before anything is computed."""
