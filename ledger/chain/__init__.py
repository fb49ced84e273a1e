"""The port to a chain and its adapters over Ethereum's JSON-RPC: calls by contract name, signed transactions in a
durable queue, answers read strictly. What is proven of a chain is the business of ``ledger.proofs``."""
