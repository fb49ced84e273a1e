"""The content of a title certificate: what it is about in words, as members that may be withheld one by one.

    code           the unit's code in the registrar's book
    right          kind of right, numbered as the items of article 5
    holders        each with name, share and the salt of its commitment on chain
    spatialUnit    the unit's description, each feature with term and value: boundary, area, address
    spatialSalt    opens the chain's digest of the whole description

Features are elements of a list because their terms are the registrar's and could be taken for terms of the standard.
Salts are shown with what they open, so that who is shown a name can check it against the chain.
Source: Interim Regulation on Real Estate Registration (2024), articles 5, 8 and 21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from contracts.certificates.credential import Shown
from contracts.titles.commitment import HOLDER, SALT_BYTES, SPATIAL, commitment
from contracts.titles.holding import Holdings, holdings_of
from contracts.titles.record import RightKind
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

TEXT_LIMIT: Final = 2000
_MEMBERS: Final = {"code", "right", "holders", "spatialUnit", "spatialSalt"}
_SHARE = re.compile(r"[1-9][0-9]{0,19}(/[1-9][0-9]{0,19})?")


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder as the certificate names it."""

    name: str
    share: Fraction
    salt: bytes = field(repr=False)

    @property
    def commitment(self) -> bytes:
        return commitment(HOLDER, self.salt, self.name.encode())

    def json(self) -> dict[str, JsonValue]:
        return {"name": self.name, "share": str(self.share), "salt": self.salt.hex()}


@dataclass(frozen=True, slots=True)
class Content:
    """What a certificate shows of its content; None for what it withholds."""

    code: str | None
    right: RightKind | None
    holders: tuple[Holder, ...]
    description: Mapping[str, JsonValue]
    spatial_salt: bytes | None = field(repr=False)

    @property
    def holdings(self) -> Holdings:
        """The holders shown, as a list that the chain could have."""
        return holdings_of({holder.commitment: holder.share for holder in self.holders})

    @property
    def spatial(self) -> bytes | None:
        """The chain's digest of the description shown, if its salt is."""
        if self.spatial_salt is None:
            return None
        return commitment(SPATIAL, self.spatial_salt, canonical.encode(dict(self.description)))


def read(shown: Shown) -> Content:
    """Read the content that is shown; raises InvalidRecord."""
    content = shown.content
    if content.keys() - _MEMBERS:
        raise InvalidRecord("certificate: content that a certificate of this form does not have")
    holders, features = content.get("holders", []), content.get("spatialUnit", [])
    if not isinstance(holders, list) or not isinstance(features, list):
        raise InvalidRecord("certificate: expected lists of holders and of features")
    description = dict(map(_feature, features))
    if len(description) != len(features):
        raise InvalidRecord("certificate: a feature is there twice")
    code, salt = content.get("code"), content.get("spatialSalt")
    return Content(
        code=None if code is None else _text(code),
        right=_right(content.get("right")),
        holders=tuple(map(_holder, holders)),
        description=description,
        spatial_salt=None if salt is None else _salt(salt),
    )


def feature(term: str, value: JsonValue) -> dict[str, JsonValue]:
    """Write one feature of the description."""
    return {"term": term, "value": value}


def _holder(value: JsonValue) -> Holder:
    match value:
        case {"name": name, "share": str(share), "salt": salt, **rest} if not rest and _SHARE.fullmatch(share):
            return Holder(_text(name), Fraction(share), _salt(salt))
    raise InvalidRecord("certificate: expected a holder with name, share and salt")


def _feature(value: JsonValue) -> tuple[str, JsonValue]:
    match value:
        case {"term": term, "value": found, **rest} if not rest and not isinstance(found, dict | list):
            return _text(term), found
    raise InvalidRecord("certificate: expected a feature with term and value")


def _right(value: JsonValue) -> RightKind | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value not in tuple(RightKind):
        raise InvalidRecord("certificate: expected a kind of right")
    return RightKind(value)


def _text(value: JsonValue) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_LIMIT:
        raise InvalidRecord(f"certificate: expected text of at most {TEXT_LIMIT} characters")
    return value


def _salt(value: JsonValue) -> bytes:
    found = value if isinstance(value, str) else ""
    if not re.fullmatch(rf"[0-9a-f]{{{2 * SALT_BYTES}}}", found):
        raise InvalidRecord(f"certificate: expected a salt of {SALT_BYTES} bytes")
    return bytes.fromhex(found)
