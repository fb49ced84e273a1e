"""The chain: bytes, hashes, trees, signatures, headers, proofs and the engines that keep them.

No domain words in here: what a contract means is the business of the package ``contracts``. The verifier's
path (canonical, merkle, rlp, abi, hashing, signing, typed, headers, proofs, trust) needs no engine, network
or disk.
"""

__all__: list[str] = []
