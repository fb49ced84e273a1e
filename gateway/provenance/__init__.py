"""Provenance of what stands on chain: what came from what, by whose doing, and the proof of each step."""
