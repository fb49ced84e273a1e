"""The embedded chain: py-evm as a library, our own blocks on SQLite, sealed in the QBFT format by co-signers.

``node`` is the builder's node, ``cosign`` a validator elsewhere, ``engine`` the product's chain port over a node.
It is one sequencer with co-signers: nobody can forge or rewrite without a quorum of seals, but liveness is the
sequencer's; it is not Byzantine consensus.
"""
