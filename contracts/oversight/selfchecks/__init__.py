"""Self-check tables: a standard's items (``standards``), and what the chain shows for and against each."""
