"""Oversight from the chain's own acts: who must do what by when, what is amiss, what a new rule would have judged."""
