"""Selective disclosure for JWTs: a signed JSON object with digests in place of what may be withheld.

Reads and writes the compact form ``<JWT>~<disclosure>~...~``. It does NOT check the signature (its caller has the key)
and takes no key binding: whoever holds such a text can show it. Only SHA-256. Base64url has one spelling here, so that
no byte can be changed without notice.
Source: RFC 9901 (SD-JWT), sections 4 and 7.1; RFC 7515 for the compact JWS.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import sha256

LIMIT: Final = 1 << 16
MAX_DISCLOSURES: Final = 256
SALT_BYTES: Final = 16
_HIDDEN: Final = "_sd"
_ELEMENT: Final = "..."
_ALGORITHM: Final = "_sd_alg"


@dataclass(frozen=True, slots=True)
class SdJwt:
    """What an issuer signed, and the disclosures that came with it, each as its base64url text."""

    header: bytes
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    disclosures: tuple[str, ...] = field(default=(), repr=False)

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        return f"{encoded(self.header)}.{encoded(self.payload)}".encode()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the issuer's part, signature included."""
        return sha256(self.jws.encode())

    @property
    def jws(self) -> str:
        """The issuer's part alone."""
        return f"{self.signed.decode()}.{encoded(self.signature)}"

    def text(self) -> str:
        """Write the compact form."""
        return "~".join((self.jws, *self.disclosures, ""))

    def showing(self, disclosures: Sequence[str]) -> SdJwt:
        """Return the same with other disclosures."""
        return SdJwt(self.header, self.payload, self.signature, tuple(disclosures))


def parse(text: str) -> SdJwt:
    """Read the compact form.

    Raises:
        InvalidRecord: too long, not the compact form, or with a key binding.
    """
    if len(text) > LIMIT:
        raise InvalidRecord(f"SD-JWT: expected at most {LIMIT} characters, got {len(text)}")
    issued, *disclosures = text.split("~")
    if not disclosures:
        raise InvalidRecord("SD-JWT: expected '~' behind the signed part")
    if disclosures[-1]:
        raise InvalidRecord("SD-JWT: ends in a key binding, which these certificates do not have")
    if len(disclosures) - 1 > MAX_DISCLOSURES:
        raise InvalidRecord(f"SD-JWT: expected at most {MAX_DISCLOSURES} disclosures")
    header, payload, signature = parse_jws(issued)
    if not all(decoded(disclosure) for disclosure in disclosures[:-1]):
        raise InvalidRecord("SD-JWT: a disclosure is empty")
    return SdJwt(header, payload, signature, tuple(disclosures[:-1]))


def sign(header: JsonValue, payload: JsonValue, signer: Signer, disclosures: Sequence[str] = ()) -> SdJwt:
    """Sign a header and a payload, both in their canonical form."""
    unsigned = SdJwt(canonical.encode(header), canonical.encode(payload), b"", tuple(disclosures))
    return SdJwt(unsigned.header, unsigned.payload, signer.sign(unsigned.signed), unsigned.disclosures)


def parse_jws(text: str) -> tuple[bytes, bytes, bytes]:
    """Read header, payload and signature of a compact JWS; raises InvalidRecord."""
    parts = text.split(".")
    if len(parts) != 3:
        raise InvalidRecord("JWS: expected three parts")
    header, payload, signature = map(decoded, parts)
    return header, payload, signature


def members(encoded: bytes) -> dict[str, JsonValue]:
    """Read a header or payload; raises InvalidRecord unless it is a JSON object."""
    value = canonical.parse(encoded, limit=LIMIT)
    if not isinstance(value, dict):
        raise InvalidRecord("JWS: expected a JSON object")
    return value


def disclosure(salt: bytes, value: JsonValue, name: str | None = None) -> str:
    """Write a disclosure: of a member with its name, of an array's element without."""
    parts: list[JsonValue] = [encoded(salt), value] if name is None else [encoded(salt), name, value]
    return encoded(canonical.encode(parts))


def encoded(value: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Read base64url without padding in its one spelling; raises InvalidRecord."""
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise InvalidRecord("JWS: not base64url") from fault
    if encoded(found) != text:
        raise InvalidRecord("JWS: not base64url in its one spelling")
    return found


def digest_of(disclosure: str) -> str:
    """Return the digest that stands in a disclosure's place."""
    return encoded(sha256(disclosure.encode()))


def hidden(disclosures: Sequence[str]) -> dict[str, JsonValue]:
    """Return the member that stands in for members behind these disclosures, in an order that tells nothing."""
    digests: list[JsonValue] = []
    digests += sorted(digest_of(disclosure) for disclosure in disclosures)
    return {_HIDDEN: digests}


def element(disclosure: str) -> JsonValue:
    """Return what stands in for an array's element."""
    return {_ELEMENT: digest_of(disclosure)}


def disclosed(payload: bytes, disclosures: Sequence[str]) -> dict[str, JsonValue]:
    """Return what a signed payload and these disclosures say together.

    Raises:
        InvalidRecord: a disclosure or digest that is malformed, or another hash than SHA-256.
        VerificationError: a disclosure that no digest asks for, given twice, or asked for twice.
    """
    claims = members(payload)
    if claims.pop(_ALGORITHM, "sha-256") != "sha-256":
        raise InvalidRecord("SD-JWT: expected digests by sha-256")
    given = {digest_of(disclosure): disclosure for disclosure in disclosures}
    if len(given) != len(disclosures):
        raise VerificationError("SD-JWT: a disclosure is given twice")
    reading = _Reading(given, set())
    found = reading.value(claims)
    if missing := given.keys() - reading.seen:
        raise VerificationError(f"SD-JWT: {len(missing)} disclosures belong to no digest of what was signed")
    assert isinstance(found, dict)
    return found


@dataclass(frozen=True, slots=True)
class _Reading:
    given: Mapping[str, str]
    seen: set[str]

    def value(self, value: JsonValue) -> JsonValue:
        match value:
            case dict():
                return self._members(value)
            case list():
                return [found for item in value for found in self._item(item)]
        return value

    def _members(self, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if _ELEMENT in value:
            raise InvalidRecord("SD-JWT: a digest of an element stands outside an array")
        found = {name: self.value(item) for name, item in value.items() if name != _HIDDEN}
        digests = value.get(_HIDDEN, [])
        if not isinstance(digests, list):
            raise InvalidRecord("SD-JWT: expected a list of digests")
        for digest in digests:
            match self._opened(digest):
                case None:
                    continue
                case [str(), str(name), item] if name not in (_HIDDEN, _ELEMENT):
                    if name in found:
                        raise VerificationError(f"SD-JWT: member {name[:40]!r} is there twice")
                    found[name] = self.value(item)
                case _:
                    raise InvalidRecord("SD-JWT: expected salt, name and value of a member")
        return found

    def _item(self, item: JsonValue) -> list[JsonValue]:
        match item:
            case {"...": digest, **rest} if not rest:
                match self._opened(digest):
                    case None:
                        return []
                    case [str(), found]:
                        return [self.value(found)]
                raise InvalidRecord("SD-JWT: expected salt and value of an element")
        return [self.value(item)]

    def _opened(self, digest: JsonValue) -> JsonValue:
        """Return what is disclosed behind a digest, None if nothing is."""
        if not isinstance(digest, str):
            raise InvalidRecord("SD-JWT: expected a digest as text")
        if digest in self.seen:
            raise VerificationError("SD-JWT: a digest is there twice")
        self.seen.add(digest)
        return canonical.parse(decoded(self.given[digest]), limit=LIMIT) if digest in self.given else None
