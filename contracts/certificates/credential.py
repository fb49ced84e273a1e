"""A title certificate as a Verifiable Credential 2.0, and its list of revocations as another.

What is always shown names issuer, place in a list, unit and the state of the title; everything a person would call the
content may be withheld, member by member. Reading accepts exactly what ``open_part`` writes plus disclosed members of
the known forms. Terms of our own stand under the standard's context for terms that no vocabulary defines.
Issuers are named ``did:shuxin:<genesis hash>:<party code>``: a private method, resolved by a proof from that chain.
Source: W3C VC Data Model 2.0, Securing VCs using JOSE and COSE, Bitstring Status List 1.0 (Recommendations of
2025-05-15); RFC 8037 for EdDSA.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from contracts.certificates.bits import require_place
from contracts.certificates.sdjwt import SdJwt, disclosed, members
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
TERMS: Final = "https://www.w3.org/ns/credentials/undefined-terms/v2"
MAX_LISTS: Final = 1 << 32
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_DID = re.compile(r"did:shuxin:([0-9a-f]{64}):([a-z0-9][a-z0-9.-]{0,63})")
_KEY = re.compile(r"(did:[^#]+)#statement-([1-9][0-9]{0,8})")
_LIST = re.compile(r"(did:[^/]+)/certificates/(0|[1-9][0-9]{0,9})")
_ALWAYS: Final = ("type", "unit", "version", "holdings")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Issuer:
    """A registrar of one network, with the epoch of the statement key it signs by."""

    genesis: bytes
    party: str
    epoch: int

    @property
    def did(self) -> str:
        return f"did:shuxin:{self.genesis.hex()}:{self.party}"

    def header(self, kind: str) -> dict[str, JsonValue]:
        """Return the header of what it signs; kind: ``vc+sd-jwt`` or ``vc+jwt``."""
        return {"alg": "EdDSA", "cty": "vc", "kid": f"{self.did}#statement-{self.epoch}", "typ": kind}

    def list_url(self, number: int) -> str:
        """Return what names one of its lists."""
        return f"{self.did}/certificates/{number}"


@dataclass(frozen=True, slots=True)
class Certified:
    """What every certificate shows.

    Attributes:
        number, place: its list and its place there.
        version: how many entries the unit had had; holdings: digest of who holds the right.
        valid_from, valid_until: unix seconds; None: without an end of its own.
    """

    issuer: Issuer
    number: int
    place: int
    unit: bytes
    version: int
    holdings: bytes
    valid_from: int
    valid_until: int | None = None

    def __post_init__(self) -> None:
        require_place(self.place)
        if not 0 <= self.number < MAX_LISTS or self.version < 1 or isinstance(self.version, bool):
            raise InvalidRecord("certificate: number of the list or of the entries out of range")
        if len(self.unit) != 32 or len(self.holdings) != 32:
            raise InvalidRecord("certificate: expected 32 bytes of unit and of holdings")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise InvalidRecord("certificate: ends before it begins")


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as somebody shows it: what is always there, what was disclosed, and how many holders there are."""

    certified: Certified
    content: Mapping[str, JsonValue] = field(repr=False)
    holders: int


def open_part(certified: Certified) -> dict[str, JsonValue]:
    """Return the credential without its content."""
    issuer = certified.issuer
    period: dict[str, JsonValue] = {"validFrom": write_time(certified.valid_from)}
    if certified.valid_until is not None:
        period["validUntil"] = write_time(certified.valid_until)
    return {
        "@context": [CONTEXT, TERMS],
        "type": ["VerifiableCredential", "RealEstateTitleCertificate"],
        "issuer": issuer.did,
        **period,
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(certified.place),
            "statusListCredential": issuer.list_url(certified.number),
        },
        "credentialSubject": {
            "type": "RealEstateTitle",
            "unit": certified.unit.hex(),
            "version": certified.version,
            "holdings": certified.holdings.hex(),
        },
    }


def read(shown: SdJwt) -> Shown:
    """Read a certificate; nothing is verified but the disclosures' digests.

    Raises:
        InvalidRecord: no certificate of this form. VerificationError: as ``sdjwt.disclosed``.
    """
    claims = disclosed(shown.payload, shown.disclosures)
    match claims:
        case {
            "issuer": str(did),
            "validFrom": str(begin),
            "credentialStatus": {"statusListIndex": str(place), "statusListCredential": str(url)},
            "credentialSubject": dict(subject),
        }:
            unit, version, holdings = (subject.get(name) for name in ("unit", "version", "holdings"))
        case _:
            raise InvalidRecord("certificate: expected issuer, validFrom, credentialStatus and credentialSubject")
    if not isinstance(version, int):
        raise InvalidRecord("certificate: expected a version as a number")
    content = {name: value for name, value in subject.items() if name not in _ALWAYS}
    end = claims.get("validUntil")
    certified = Certified(
        issuer=read_issuer(shown.header, did, "vc+sd-jwt"),
        number=_list_number(url, did),
        place=_number(place),
        unit=_unhex(unit),
        version=version,
        holdings=_unhex(holdings),
        valid_from=read_time(begin),
        valid_until=None if end is None else read_time(end),
    )
    _require_open_part(claims, certified, content)
    raw = members(shown.payload).get("credentialSubject")
    listed = raw.get("holders") if isinstance(raw, dict) else None
    return Shown(certified, content, len(listed) if isinstance(listed, list) else 0)


def status_list(issuer: Issuer, number: int, since: int, encoded: str) -> dict[str, JsonValue]:
    """Return a list's credential; encoded: its bits as ``bits.pack`` writes them."""
    url = issuer.list_url(number)
    return {
        "@context": [CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": write_time(since),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
    }


def read_status_list(header: bytes, payload: bytes) -> tuple[Issuer, int, str]:
    """Read a list's credential: issuer, number and encoded bits; raises InvalidRecord."""
    claims = members(payload)
    match claims:
        case {
            "issuer": str(did),
            "id": str(url),
            "validFrom": str(begin),
            "credentialSubject": {"encodedList": str(bits)},
        }:
            issuer, number = read_issuer(header, did, "vc+jwt"), _list_number(url, did)
            if status_list(issuer, number, read_time(begin), bits) == claims:
                return issuer, number, bits
    raise InvalidRecord("status list: not a credential of this form")


def read_issuer(header: bytes, did: str, kind: str) -> Issuer:
    """Read who signed by which key; raises InvalidRecord unless header and claims name the same issuer."""
    found, key = _DID.fullmatch(did), members(header).get("kid")
    epoch = _KEY.fullmatch(key) if isinstance(key, str) else None
    if found is None or epoch is None:
        raise InvalidRecord("certificate: issuer or key is no did:shuxin name")
    issuer = Issuer(bytes.fromhex(found[1]), found[2], int(epoch[2]))
    if issuer.header(kind) != members(header):
        raise InvalidRecord(f"certificate: expected a header of {kind}, signed by EdDSA with a key of the issuer")
    return issuer


def write_time(seconds: int) -> str:
    """Write unix seconds as the standard has times."""
    return datetime.fromtimestamp(seconds, UTC).strftime(_TIME)


def read_time(value: JsonValue) -> int:
    """Read a time in its one spelling; raises InvalidRecord."""
    try:
        seconds = int(datetime.strptime(value, _TIME).replace(tzinfo=UTC).timestamp()) if isinstance(value, str) else -1
    except ValueError as fault:
        raise InvalidRecord("certificate: expected a time like 2026-01-31T08:00:00Z") from fault
    if seconds < 0 or write_time(seconds) != value:
        raise InvalidRecord("certificate: expected a time like 2026-01-31T08:00:00Z")
    return seconds


def _require_open_part(claims: Mapping[str, JsonValue], certified: Certified, content: Mapping[str, JsonValue]) -> None:
    """Refuse any member beside the open part and the content."""
    expected = open_part(certified)
    subject = expected["credentialSubject"]
    assert isinstance(subject, dict)
    if claims != {**expected, "credentialSubject": {**content, **subject}}:
        raise InvalidRecord("certificate: members that a certificate of this form does not have")


def _list_number(url: str, did: str) -> int:
    found = _LIST.fullmatch(url)
    if found is None or found[1] != did:
        raise InvalidRecord("certificate: its status list is not one of the issuer's")
    return int(found[2])


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidRecord("certificate: expected a place as a number in base 10")
    return int(text)


def _unhex(text: JsonValue) -> bytes:
    try:
        found = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError as fault:
        raise InvalidRecord("certificate: expected hexadecimal digits") from fault
    if found.hex() != text:
        raise InvalidRecord("certificate: expected hexadecimal digits")
    return found
