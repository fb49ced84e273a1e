"""Additively homomorphic encryption behind one port: Okamoto-Uchiyama by default, Paillier for owners who refuse it."""
