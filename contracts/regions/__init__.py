"""Regions: which region belongs to which, where a party sits, and how long the limits of the statute last there."""
