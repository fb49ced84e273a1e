"""Envelopes: how one message, cut into chunks, travels through a relay that must learn nothing but sizes and times.

Outside, for everybody to see: version (1 byte), ephemeral X25519 key (32), hint (16), ciphertext. The
mailbox is the address it is put under. Inside: signature (64), header length (4), header (canonical JSON),
part of the body. Sender, job, step, numbering and signature are all inside: a signature beside the
ciphertext would let the relay find the sender by trying the registered keys.

* key, hint = HKDF-SHA256(X25519(ephemeral, recipient's seal key), salt = session digest, or 32 zero bytes for
  messages before a session; info = "SHUXIN-SEAL-V1" with recipient, both public keys). AES-256-GCM with a
  zero nonce: a key seals once. The hint lets a recipient with several sessions find the right one; to
  others it is random.
* signature = Ed25519 statement key over "SHUXIN-SEAL-V1" and the tagged hash of session digest, recipient,
  ephemeral key and SHA-256(header, part). So an envelope opened by its recipient cannot be sealed anew for
  another, and none fits another session.

Opening says only that an envelope does not open: no hint at which check failed. It does NOT order chunks or
refuse repetitions (``mpc.node.messages.sealed_channel`` does), and there is no forward secrecy against a stolen seal
key: protocols put their own masks and encryption below.
Source: RFC 7748, 5869, 8032, NIST SP 800-38D. Trust assumption: keys registered on the chain belong to
their parties.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger import canonical
from ledger.crypto import signing
from ledger.crypto.keys import PrivateKey, generate
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from mpc.codes import is_code

LABEL = "SHUXIN-SEAL-V1"
VERSION = 1
NO_SESSION = bytes(32)
PART_LIMIT = 1 << 20
HEADER_LIMIT = 1 << 10
OVERHEAD = 1 + 32 + 16 + 16  # version, ephemeral key, hint, GCM tag
ENVELOPE_LIMIT = OVERHEAD + 64 + 4 + HEADER_LIMIT + PART_LIMIT
BODY_LIMIT = 1 << 30
_STEP = re.compile(r"[!-~]{1,128}")
_NUMBERS = ("attempt", "sequence", "chunk", "chunks", "size")


@dataclass(frozen=True, slots=True)
class Header:
    """What a chunk says about itself, to its recipient only.

    Args:
        job: 32 bytes; attempt: from 1 (0 before there is one).
        sequence: number of the message among those of its sender to this recipient in this session, from 0.
        chunk: number of the part; chunks: how many there are; size: bytes of the whole body.
    """

    job: bytes
    attempt: int
    sender: str
    recipient: str
    step: str
    sequence: int
    chunk: int
    chunks: int
    size: int

    def __post_init__(self) -> None:
        if len(self.job) != 32 or not _STEP.fullmatch(self.step):
            raise InvalidRecord("message header: expected a job of 32 bytes and a step of printable characters")
        if not is_code(self.sender) or not is_code(self.recipient):
            raise InvalidRecord("message header: expected party codes as sender and recipient")
        numbers = [getattr(self, name) for name in _NUMBERS]
        if any(isinstance(n, bool) or not 0 <= n < 1 << 53 for n in numbers) or self.size > BODY_LIMIT:
            raise InvalidRecord("message header: a number is out of range")
        if self.chunks != chunks_of(self.size) or self.chunk >= self.chunks:
            raise InvalidRecord("message header: chunk, chunks and size do not fit")

    @property
    def part_size(self) -> int:
        """Bytes of this part: full, except for the last."""
        return min(PART_LIMIT, self.size - self.chunk * PART_LIMIT)

    def encode(self) -> bytes:
        """Write the header."""
        return canonical.encode(
            {
                "version": VERSION,
                "job": self.job.hex(),
                "attempt": self.attempt,
                "sender": self.sender,
                "recipient": self.recipient,
                "step": self.step,
                "sequence": self.sequence,
                "chunk": self.chunk,
                "chunks": self.chunks,
                "size": self.size,
            }
        )


@dataclass(frozen=True, slots=True)
class Part:
    """An opened and verified chunk."""

    header: Header
    body: bytes = field(repr=False)


def chunks_of(size: int) -> int:
    """Return how many parts a body has; an empty one has one."""
    return max(1, -(-size // PART_LIMIT))


def seal(
    header: Header,
    body: bytes,
    *,
    session: bytes,
    recipient_key: bytes,
    signer: Signer,
    ephemeral: PrivateKey | None = None,
) -> bytes:
    """Seal one part for the header's recipient.

    Args:
        body: exactly ``header.part_size`` bytes.
        session: digest of the session, or NO_SESSION.
        recipient_key: the recipient's registered X25519 seal key.
        ephemeral: for known-answer tests only; a repeated one would give away the contents.

    Raises:
        InvalidRecord: the recipient's key is of low order.
    """
    if len(body) != header.part_size:
        raise ValueError("the part does not have the size that its header says")
    once = ephemeral or generate("x25519")
    shared = _agree(once.secret, recipient_key)
    key, hint = _expand(shared, session, header.recipient, once.public, recipient_key)
    text = header.encode()
    digest = sha256(text + body).digest()
    signature = signer.sign(_statement(session, header.recipient, once.public, digest))
    content = signature + len(text).to_bytes(4, "big") + text + body
    return bytes([VERSION]) + once.public + hint + AESGCM(key).encrypt(bytes(12), content, None)


class Envelope:
    """An envelope out of this party's mailbox, not yet opened."""

    def __init__(self, data: bytes, *, recipient: str, private: PrivateKey) -> None:
        """Read the outside; raise InvalidRecord for a wrong form or an ephemeral key of low order."""
        if not OVERHEAD + 68 <= len(data) <= ENVELOPE_LIMIT or data[0] != VERSION:
            raise InvalidRecord("envelope: not of version 1, or of an impossible size")
        self._recipient = recipient
        self._public = private.public
        self._ephemeral, self._hint, self._sealed = data[1:33], data[33:49], data[49:]
        self._shared = _agree(private.secret, self._ephemeral)

    def fits(self, session: bytes) -> bool:
        """Tell whether the envelope was sealed under this session digest."""
        return self._derive(session)[1] == self._hint

    def open(self, session: bytes, keys: Mapping[str, bytes]) -> Part:
        """Open the envelope and verify who sealed it.

        Args:
            keys: Ed25519 statement keys by party code, as registered.

        Raises:
            VerificationError: it does not open under this session, for this recipient, from a known sender.
            InvalidRecord: its verified sender wrote a header or part out of form.
        """
        key, hint = self._derive(session)
        try:
            content = AESGCM(key).decrypt(bytes(12), self._sealed, None) if hint == self._hint else None
        except InvalidTag:
            content = None
        if content is None:
            raise VerificationError("envelope: does not open")
        return self._verified(content, session, keys)

    def _verified(self, content: bytes, session: bytes, keys: Mapping[str, bytes]) -> Part:
        end = 68 + int.from_bytes(content[64:68], "big")
        text, body = content[68:end], content[end:]
        try:
            header = parse_header(text)
            statement = _statement(session, self._recipient, self._ephemeral, sha256(text + body).digest())
            signing.verify("ed25519", keys[header.sender], statement, content[:64])
        except (InvalidRecord, VerificationError, KeyError) as exc:
            raise VerificationError("envelope: does not open") from exc
        if header.recipient != self._recipient or len(body) != header.part_size:
            raise InvalidRecord(f"message from {header.sender}: its header does not fit its address or size")
        return Part(header, body)

    def _derive(self, session: bytes) -> tuple[bytes, bytes]:
        return _expand(self._shared, session, self._recipient, self._ephemeral, self._public)


def parse_header(data: bytes) -> Header:
    """Read a header; raise InvalidRecord unless it is exactly what `Header.encode` writes."""
    match canonical.decode(data, limit=HEADER_LIMIT):
        case {
            "version": 1,
            "job": str(job),
            "attempt": int(attempt),
            "sender": str(sender),
            "recipient": str(recipient),
            "step": str(step),
            "sequence": int(sequence),
            "chunk": int(chunk),
            "chunks": int(chunks),
            "size": int(size),
        } if re.fullmatch("[0-9a-f]{64}", job):
            identity = bytes.fromhex(job)
            header = Header(identity, attempt, sender, recipient, step, sequence, chunk, chunks, size)
        case _:
            raise InvalidRecord("message header: out of form")
    if header.encode() != data:
        raise InvalidRecord("message header: unknown members")
    return header


def _agree(secret: bytes, peer: bytes) -> bytes:
    """X25519; a low-order point would make the shared secret zero and known to everybody (RFC 7748 section 6.1)."""
    try:
        return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError as exc:
        raise InvalidRecord("envelope: an X25519 key of low order or wrong length") from exc


def _expand(
    shared: bytes, session: bytes, recipient: str, ephemeral: bytes, recipient_key: bytes
) -> tuple[bytes, bytes]:
    if len(session) != 32:
        raise ValueError("a session digest has 32 bytes")
    info = tagged(LABEL, recipient.encode(), ephemeral, recipient_key)
    okm = HKDF(algorithm=SHA256(), length=48, salt=session, info=LABEL.encode() + info).derive(shared)
    return okm[:32], okm[32:]


def _statement(session: bytes, recipient: str, ephemeral: bytes, digest: bytes) -> bytes:
    return LABEL.encode() + b"\n" + tagged(LABEL, session, recipient.encode(), ephemeral, digest)
