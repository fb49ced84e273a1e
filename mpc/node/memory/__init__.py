"""What a node remembers durably: what it promised and refused, what was answered to whom on which version of its rows,
and how each asset was used."""
