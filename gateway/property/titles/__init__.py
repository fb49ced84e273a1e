"""Queries of titles: for which purpose one may ask (``purposes.toml``), which unit and block are meant, the proof of
the answer, the record that each query leaves, and the answer as tables for people."""
