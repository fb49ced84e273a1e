"""Breaches: what an authority found against the lists of articles 39 to 41, until corrected and closed."""
