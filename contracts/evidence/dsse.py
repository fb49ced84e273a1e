"""Signed statements: the DSSE envelope with one signature per party.

Source: Dead Simple Signing Envelope v1.0.2 (protocol.md): the signature covers PAE(type, body), so neither the type nor
the body can be read differently. ``keyid`` is the party's code; which key a party has is proven from the chain, never
taken from here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.crypto import signing
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, VerificationError

SUITE = "ed25519"
"""Statement keys of this evidence version; another suite needs another predicate type."""

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_PAYLOAD = 1 << 22
MAX_SIGNATURES = 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload (canonical JSON bytes) and signatures by party code."""

    payload: bytes
    signatures: Mapping[str, bytes]

    def json(self) -> JsonValue:
        return {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(self.payload).decode(),
            "signatures": [
                {"keyid": party, "sig": base64.b64encode(signature).decode()}
                for party, signature in sorted(self.signatures.items())
            ],
        }


def sign(payload: bytes, signer: Signer) -> bytes:
    """Sign a payload with a statement key."""
    return signer.sign(pae(payload))


def verify(payload: bytes, party: str, public: bytes, signature: bytes) -> None:
    """Verify one party's signature with the key the chain has for it.

    Raises:
        VerificationError: it is not that party's signature over this payload.
    """
    try:
        signing.verify(SUITE, public, pae(payload), signature)
    except (VerificationError, InvalidRecord) as fault:
        raise VerificationError(f"statement: the signature of {party} does not hold") from fault


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Pre-authentication encoding: ``DSSEv1 <len> <type> <len> <body>``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def parse(value: JsonValue) -> Envelope:
    """Read an envelope; raises InvalidRecord unless it is written exactly as ``Envelope.json`` writes it."""
    match value:
        case {"payloadType": str(kind), "payload": str(payload), "signatures": list(signatures)}:
            if kind != PAYLOAD_TYPE:
                raise InvalidRecord(f"envelope: payload type must be {PAYLOAD_TYPE}")
            if len(signatures) > MAX_SIGNATURES:
                raise InvalidRecord(f"envelope: at most {MAX_SIGNATURES} signatures")
            envelope = Envelope(_base64(payload, MAX_PAYLOAD), dict(_signature(item) for item in signatures))
        case _:
            raise InvalidRecord("envelope: expected payloadType, payload and signatures")
    if envelope.json() != value:
        raise InvalidRecord("envelope: signatures must be distinct and sorted, base64 canonical")
    return envelope


def _signature(value: JsonValue) -> tuple[str, bytes]:
    match value:
        case {"keyid": str(party), "sig": str(signature)}:
            return party, _base64(signature, 1024)
    raise InvalidRecord("envelope: a signature has keyid and sig")


def _base64(text: str, limit: int) -> bytes:
    if len(text) > limit * 4 // 3 + 4:
        raise InvalidRecord("envelope: base64 text too long")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise InvalidRecord("envelope: not base64") from fault
