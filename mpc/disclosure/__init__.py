"""The disclosure audit: whether what was answered, taken together, could isolate too few units."""
