"""Weighted sums of several owners' declared decimal figures under one named key holder's CKKS key.

It needs the optional package tenseal (extra ``ckks``).
"""
