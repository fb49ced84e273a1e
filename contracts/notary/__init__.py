"""Streams: anchors of append-only logs of record digests."""
