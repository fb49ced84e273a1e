"""Weighted sums of several owners' declared decimal figures under one named key holder's CKKS key.

A library: no job specification names it. It needs the optional package tenseal (extra ``ckks``).
"""
