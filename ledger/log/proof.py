"""The proof that one record is in a stream: a file of canonical JSON, and the function that checks it.

Pure: no files, no clock; imports only what the stand-alone verifier carries. A proof holds the salt of its
leaf and so lets its holder confirm guesses of that one record (see ``record``). It does not say that the
root is anywhere but in the file: `verify` takes the size and root that the caller trusts, normally from an anchor
proven on the chain. The member ``anchor`` has room for such a fact; this module carries it unread.
Source: RFC 9162 section 2.1.3.2. Trust assumption: SHA-256, and whatever the given root rests on.
"""

from dataclasses import dataclass

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from ledger.log.record import SALT_BYTES, leaf_of
from ledger.merkle import verify_inclusion

FORMAT = "shuxin-stream-proof"
VERSION = 1
PROOF_LIMIT = 1 << 22
PATH_LIMIT = 64
NAME_LIMIT = 120
MEMBERS = {"format", "version", "stream", "index", "size", "salt", "path", "root", "anchor"}


@dataclass(frozen=True, slots=True)
class StreamProof:
    """Leaf ``index`` of the first ``size`` leaves of a stream, with the hashes that lead to their root."""

    stream: str
    index: int
    size: int
    salt: bytes
    path: tuple[bytes, ...]
    root: bytes
    anchor: JsonValue = None

    def __post_init__(self) -> None:
        if isinstance(self.index, bool) or isinstance(self.size, bool):
            raise InvalidRecord("stream proof: index and size are numbers")
        if not 0 <= self.index < self.size < 1 << 53:
            raise InvalidRecord(f"stream proof: leaf {self.index} is not below size {self.size}")
        if not 0 < len(self.stream) <= NAME_LIMIT:
            raise InvalidRecord(f"stream proof: expected a stream name of 1 to {NAME_LIMIT} characters")
        if len(self.salt) != SALT_BYTES or self.salt == bytes(SALT_BYTES):
            raise InvalidRecord(f"stream proof: expected a salt of {SALT_BYTES} bytes that was not erased")
        if len(self.path) > PATH_LIMIT or any(len(node) != 32 for node in self.path) or len(self.root) != 32:
            raise InvalidRecord("stream proof: expected a root and at most 64 path nodes of 32 bytes")

    def encode(self) -> bytes:
        """Write the proof file."""
        return canonical.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "stream": self.stream,
                "index": self.index,
                "size": self.size,
                "salt": self.salt.hex(),
                "path": [node.hex() for node in self.path],
                "root": self.root.hex(),
                "anchor": self.anchor,
            }
        )


def verify(record: bytes, proof: StreamProof, *, size: int, root: bytes) -> None:
    """Raise VerificationError unless ``record`` is leaf ``proof.index`` of the stream with this size and root.

    Both must be trusted, as an anchor gives them together: a root does not bind the size, and with a free choice
    of the size the last leaf of eleven passes for leaf 3 of four.
    """
    if (proof.size, proof.root) != (size, root):
        raise VerificationError(
            f"stream proof: leads to {proof.size} leaves under {proof.root.hex()}, expected {size} under {root.hex()}"
        )
    verify_inclusion(leaf_of(proof.salt, record), proof.index, proof.size, proof.path, root)


def parse(data: bytes) -> StreamProof:
    """Read a proof file; raise InvalidRecord unless it is exactly what `StreamProof.encode` writes."""
    match canonical.decode(data, limit=PROOF_LIMIT):
        case {
            "format": "shuxin-stream-proof",
            "version": 1,
            "stream": str(stream),
            "index": int(index),
            "size": int(size),
            "salt": str(salt),
            "path": list(path),
            "root": str(root),
            "anchor": anchor,
            **rest,
        } if not rest:
            nodes = tuple(map(_bytes, path))
            proof = StreamProof(stream, index, size, _bytes(salt), nodes, _bytes(root), anchor)
        case _:
            raise InvalidRecord(
                f"stream proof: expected format {FORMAT} version {VERSION} with members {sorted(MEMBERS)}"
            )
    if proof.encode() != data:
        raise InvalidRecord("stream proof: not in its canonical form")
    return proof


def _bytes(value: JsonValue) -> bytes:
    if not isinstance(value, str):
        raise InvalidRecord("stream proof: expected hexadecimal text")
    try:
        return bytes.fromhex(value)
    except ValueError as exc:
        raise InvalidRecord("stream proof: expected hexadecimal text") from exc
