"""Groups of prime order that a job may compute in: the port (``group``), two implementations, and what is encrypted,
committed to and proven in them.
"""
