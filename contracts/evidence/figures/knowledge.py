"""That an owner knew what it committed to: its proof, for the commitments of all of its cells at once.

    z*G + w*H = A + sum of e^i C_i,    e = hash of generators, session, owner, names of the cells, every C_i and A

Without it an owner whom the recipient shows the others' commitments of an earlier attempt can commit to a constant less
those, and so make the total whatever it likes. Restates ``mpc.groups.knowledge``, which has source and proof; the tests
hold both to each other. What it does NOT show: that what an owner knew is true, or lies in its bound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ledger.crypto import ristretto
from ledger.crypto.ristretto import ELEMENT_BYTES, ORDER, Point
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged

LABEL, CONTEXT, GROUP = b"SHUXIN-OPENINGS-V01", "SHUXIN-MS-V1 openings", b"ristretto255"
H = bytes.fromhex("1a6fbb7e5821f4b5be599f0210b08b71049ce68241c54c9ef432f9c754887b5b")
"""RFC 9380 ``hash_to_ristretto255`` of "second generator", with the tag that ``mpc.groups.pedersen`` names."""
GENERATORS = ristretto.table((ristretto.GENERATOR, ristretto.decode(H)))
PROOF_BYTES = ELEMENT_BYTES + 2 * 32


def require_known(
    session: bytes, party: str, cells: Sequence[str], encoded: Sequence[bytes], proof: bytes
) -> tuple[Point, ...]:
    """Verify an owner's proof for its commitments, cell by cell in the order of the job, and return them decoded.

    Args:
        session: digest of the session record. encoded: the commitments as the owner sent them.

    Raises:
        InvalidRecord, VerificationError: a malformed commitment or proof, or a proof of anything else.
    """
    if len(proof) != PROOF_BYTES:
        raise InvalidRecord(f"commitments: a proof of {PROOF_BYTES} bytes expected, got {len(proof)}")
    nonces, (z, w) = proof[:ELEMENT_BYTES], (int.from_bytes(proof[at : at + 32], "little") for at in (32, 64))
    if max(z, w) >= ORDER:
        raise InvalidRecord(f"commitments: the proof of {party} is not reduced")
    context = tagged(CONTEXT, session, party.encode(), *(name.encode() for name in cells))
    e = _challenge(ristretto.encode(ristretto.GENERATOR), H, context, *encoded, nonces)
    points = tuple(map(_element, encoded))
    minus = [-pow(e, place, ORDER) for place in range(1, len(points) + 1)]
    left = ristretto.combine((z, w, *minus), (*GENERATORS, *ristretto.table(points)))
    if not ristretto.equal(left, _element(nonces)):
        raise VerificationError(f"commitments: {party} did not prove that it knew what it committed to")
    return points


def _element(encoded: bytes) -> Point:
    if encoded == bytes(ELEMENT_BYTES):
        raise InvalidRecord("commitments: the identity is none")
    return ristretto.decode(encoded)


def _challenge(*parts: bytes) -> int:
    said = b"".join(len(part).to_bytes(4, "big") + part for part in (LABEL, GROUP, *parts))
    return int.from_bytes(hashlib.sha512(said).digest(), "little") % ORDER
