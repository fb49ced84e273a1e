"""Additively homomorphic encryption behind one port: Okamoto-Uchiyama by default, Paillier and its variant with short
randomisers for owners who refuse that; several bounded columns packed in one plaintext."""
