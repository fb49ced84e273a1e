"""Returns: data that a higher level has gathered flow back to the region they came from (article 24)."""
