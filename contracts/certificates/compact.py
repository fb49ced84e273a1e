"""Certificates and what proves them as texts for two-dimensional codes, one or several that belong together.

    SX1:<kind>:<part>/<parts>:<check>:<base45>

Kind C: a certificate, S: its status, E: an entry's receipt. Packed by DEFLATE with a dictionary; a certificate as its
bytes instead of base64. All characters are of the alphanumeric set of QR codes, 5.5 bits each. ``check`` is the
beginning of the digest of the whole, so that parts of two papers are not put together; it protects nothing, the content
is verified.
Source: RFC 9285 (base45); RFC 1950 (zlib).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from contracts.certificates.sdjwt import MAX_DISCLOSURES, SdJwt, decoded, encoded
from ledger import rlp
from ledger.errors import InvalidRecord
from ledger.hashing import sha256

MARK: Final = "SX1"
PART_LIMIT: Final = 4296  # what the largest QR code holds of these characters
MAX_PARTS: Final = 64
LIMIT: Final = 1 << 20
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_PART = re.compile(rf"{MARK}:([A-Z]):([0-9]{{1,2}})/([0-9]{{1,2}}):([0-9A-F]{{8}}):([0-9A-Z $%*+\-./:]*)")


# What certificates of one kind have in common, so that it takes no room; part of the format.
_KNOWN: Final = (
    b'{"format":"shuxin-entry-receipt-v1","entry":{"application":","registrar":"'
    b'{"chain":{"changes":[],"headers":["","moments":[],"nodes":["],"states":[{"account":[],"address":"'
    b'00000000000000000000000000000000000053","contract":"Directory","header":1,"slots":[{"path":[],"slot":"'
    b'{"name":","salt":","share":"1/2"}]",{"term":"address","value":"area","spatialSalt","right",2],"code","'
    b'{"alg":"EdDSA","cty":"vc","kid":"#statement-1","typ":"vc+sd-jwt"}'
    b'{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"],'
    b'"_sd_alg":"sha-256","credentialStatus":{"statusListCredential":"did:shuxin:/certificates/0","statusListIndex":"'
    b'","statusPurpose":"revocation","type":"BitstringStatusListEntry"},"credentialSubject":{"_sd":["'
    b'"],"holders":[{"...":"","holdings":"","spatialUnit":[{"...":""},{"...":""}]'
    b'","type":"RealEstateTitle","unit":"","version":1},"issuer":"did:shuxin:'
    b'","type":["VerifiableCredential","RealEstateTitleCertificate"],"validFrom":"2026-01-01T00:00:00Z"}'
)


class Kind(StrEnum):
    """What a code carries."""

    CERTIFICATE = "C"
    STATUS = "S"
    ENTRY = "E"


def write(kind: Kind, content: bytes, room: int) -> tuple[str, ...]:
    """Write content as texts of about equal length, each of at most ``room`` characters.

    Raises:
        InvalidRecord: it would take more than MAX_PARTS.
    """
    packing = zlib.compressobj(9, zdict=_KNOWN)
    packed = packing.compress(content) + packing.flush()
    check = sha256(packed)[:4].hex().upper()
    body = (room - len(f"{MARK}:{kind}:99/99:{check}:")) // 3 * 2
    count = -(-len(packed) // body)
    if not 0 < count <= MAX_PARTS:
        raise InvalidRecord(f"code: {len(packed)} bytes do not fit into {MAX_PARTS} codes of {room} characters")
    size = -(-len(packed) // count)
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    return tuple(
        f"{MARK}:{kind}:{number}/{len(pieces)}:{check}:{_base45(piece)}" for number, piece in enumerate(pieces, start=1)
    )


def read(texts: Iterable[str]) -> dict[Kind, bytes]:
    """Put texts together, in whatever order and however often each was read.

    Raises:
        InvalidRecord: a text of another form, a missing part, or parts of two papers.
    """
    found: dict[Kind, tuple[str, int, dict[int, bytes]]] = {}
    for text in texts:
        kind, number, count, check, piece = _part(text)
        known = found.setdefault(kind, (check, count, {}))
        if known[:2] != (check, count) or known[2].setdefault(number, piece) != piece:
            raise InvalidRecord(f"code: parts {kind} of different papers")
    return {kind: _joined(kind, *parts) for kind, parts in found.items()}


def is_code(text: str) -> bool:
    """Say whether a text calls itself one of these."""
    return text.startswith(f"{MARK}:")


def pack_certificate(shown: SdJwt) -> bytes:
    """Write a certificate as bytes instead of base64."""
    disclosures = tuple(decoded(text) for text in shown.disclosures)
    return rlp.encode((shown.header, shown.payload, shown.signature, disclosures))


def unpack_certificate(packed: bytes) -> SdJwt:
    """Read what ``pack_certificate`` wrote; raises InvalidRecord."""
    match rlp.decode(packed, limit=LIMIT):
        case (bytes(header), bytes(payload), bytes(signature), tuple(items)) if len(items) <= MAX_DISCLOSURES:
            disclosures = tuple(encoded(item) for item in items if isinstance(item, bytes))
            if len(disclosures) == len(items):
                return SdJwt(header, payload, signature, disclosures)
    raise InvalidRecord("code: no certificate in it")


def _part(text: str) -> tuple[Kind, int, int, str, bytes]:
    found = _PART.fullmatch(text) if len(text) <= PART_LIMIT else None
    if found is None or found[1] not in tuple(Kind):
        raise InvalidRecord(f"code: expected {MARK}:KIND:PART/PARTS:CHECK:TEXT")
    number, count = int(found[2]), int(found[3])
    if not 0 < number <= count <= MAX_PARTS:
        raise InvalidRecord(f"code: there is no part {number} of {count}")
    return Kind(found[1]), number, count, found[4], _unbase45(found[5])


def _joined(kind: Kind, check: str, count: int, pieces: dict[int, bytes]) -> bytes:
    if missing := [str(number) for number in range(1, count + 1) if number not in pieces]:
        raise InvalidRecord(f"code: part {', '.join(missing)} of {count} of {kind} is missing")
    packed = b"".join(pieces[number] for number in range(1, count + 1))
    if sha256(packed)[:4].hex().upper() != check:
        raise InvalidRecord(f"code: the parts of {kind} do not belong together")
    unpacking = zlib.decompressobj(zdict=_KNOWN)
    try:
        content = unpacking.decompress(packed, LIMIT)
    except zlib.error as fault:
        raise InvalidRecord("code: not packed by zlib") from fault
    if not unpacking.eof or unpacking.unused_data:
        raise InvalidRecord(f"code: expected at most {LIMIT} bytes unpacked, and nothing behind them")
    return content


def _base45(data: bytes) -> str:
    found = []
    for at in range(0, len(data), 2):
        piece = data[at : at + 2]
        value, letters = int.from_bytes(piece, "big"), 3 if len(piece) == 2 else 2
        for _ in range(letters):
            value, rest = divmod(value, 45)
            found.append(_ALPHABET[rest])
    return "".join(found)


def _unbase45(text: str) -> bytes:
    found = bytearray()
    for at in range(0, len(text), 3):
        piece = text[at : at + 3]
        value, size = sum(_VALUES[letter] * 45**place for place, letter in enumerate(piece)), len(piece) - 1
        if size < 1 or value >= 1 << 8 * size:
            raise InvalidRecord("code: not base45")
        found += value.to_bytes(size, "big")
    return bytes(found)
