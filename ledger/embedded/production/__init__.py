"""How a block of the embedded chain comes about: transactions that wait, the builder's loop, the judgement of a
proposal, and seals collected from co-signers here or elsewhere."""
