"""The optional engine for secret values: SPU's three-party ABY3, in an environment and processes of its own."""
