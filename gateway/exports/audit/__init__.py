"""The audit report of a node: what it is of, what it says, and how it is written as HTML and as PDF."""
