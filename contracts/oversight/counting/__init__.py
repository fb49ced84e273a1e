"""Figures from the chain's acts: what is counted, the tally of each party, the table of governance, the yearly
report."""
