"""One attempt of one job among its parties: the session's terms and keys, the port that carries messages, sealed
envelopes, and the same run rehearsed in one process or replayed from a record."""
