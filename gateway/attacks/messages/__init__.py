"""Attacks on messages: replayed, changed, lost or flooded, by the relay's operator or a courier in between."""
