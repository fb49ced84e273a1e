"""What one leaf of a stream is.

``leaf data = SHA-256("SHUXIN-STREAM-V1" || salt || record)`` with a 16-byte random salt of the leaf's own,
and the leaf hash is RFC 9162 section 2.1.1 over that digest. The label is 16 bytes and the salt has a fixed
length, so no two (salt, record) pairs share an input.

What a reader of tiles, checkpoints and anchors learns: how many records there are, and when roots were
anchored. What he does not learn: any bit of a record, nor whether two records are equal, nor (without the
salt) whether a guessed record is in the stream: 2^128 salts stand between a guess and a confirmation.
Whoever holds a proof holds that leaf's salt and can confirm guesses for that one leaf. Once the salt is
erased everywhere, the leaf is a random-looking number that nobody can tie to a person again, while every
other leaf stays provable (PIPL art. 47). Salts are drawn from the operating system and never derived from a
key: a derived salt could be computed again after its erasure.

Trust assumption: SHA-256 hides and binds.
"""

from collections.abc import Sequence
from hashlib import sha256

from ledger.errors import InvalidRecord
from ledger.merkle import leaf_hash

LABEL = b"SHUXIN-STREAM-V1"
SALT_BYTES = 16
RECORD_LIMIT = 1 << 28  # a record is held in memory while it is hashed


def leaf_of(salt: bytes, record: bytes) -> bytes:
    """Compute the leaf hash of one salted record."""
    if len(salt) != SALT_BYTES:
        raise InvalidRecord(f"stream salt: expected {SALT_BYTES} bytes, got {len(salt)}")
    return leaf_hash(sha256(LABEL + salt + record).digest())


def leaves_of(salts: bytes, records: Sequence[bytes]) -> list[bytes]:
    """Compute the leaf hashes of a batch; ``salts`` holds one salt a record, concatenated.

    The same as `leaf_of` for each, written flat: this loop and the tree's are the whole cost of appending.
    """
    if len(salts) != SALT_BYTES * len(records):
        raise ValueError("one salt a record")
    label, hasher, step = LABEL, sha256, SALT_BYTES
    at = range(0, len(salts), step)
    return [
        hasher(b"\0" + hasher(label + salts[i : i + step] + record).digest()).digest()
        for i, record in zip(at, records, strict=True)
    ]
