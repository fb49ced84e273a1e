"""The terms document behind an authorization: on which legal basis, for which purpose, which columns and operations.

Owner and grantee hold it; on chain stands only its salted digest (``terms``), so the chain tells nobody which columns
a department keeps, and erasing the salt erases the link (PIPL art. 47). The five grounds that a request must state
(Regulation on Government Data Sharing, article 20) are its contents, each as a salted digest of its own. Every
function is pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.authorizations.record import Operations, Scope
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.hashing import keccak256, tagged

SALT_BYTES = 32
METHODS = ("compute", "api", "batch", "file")
"""How data reach the requester: joint computation without handing over a row, or the three ways of article 22."""
MAX_TIME = 1 << 40
Grounds = tuple[bytes, bytes, bytes, bytes, bytes]
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Terms:
    """One terms document; codes as everywhere (a-z, 0-9, '-'), columns sorted and distinct."""

    asset: str
    grantee: str
    purpose: str
    purpose_text: str
    operations: Operations
    columns: tuple[str, ...]
    salt: bytes
    basis: str
    valid_from: int
    valid_until: int
    max_uses: int
    method: str = METHODS[0]

    def __post_init__(self) -> None:
        for code in (self.asset, self.grantee, self.purpose):
            if not _CODE.fullmatch(code):
                raise InvalidRecord(f"terms: {code!r} is not a code")
        if not 0 < len(self.purpose_text) <= 2000:
            raise InvalidRecord("terms: the purpose needs 1..2000 characters of text")
        if not 0 < len(self.basis) <= 500:
            raise InvalidRecord("terms: the legal basis needs 1..500 characters of text")
        if not 0 <= self.valid_from < self.valid_until < MAX_TIME or not 0 < self.max_uses < MAX_TIME:
            raise InvalidRecord("terms: expected a period in unix seconds and at least one use")
        _check_method(self.method, self.operations)
        if not self.columns or list(self.columns) != sorted(set(self.columns)):
            raise InvalidRecord("terms: columns must be non-empty, distinct and sorted")
        if not all(_COLUMN.fullmatch(column) for column in self.columns) or len(self.columns) > 256:
            raise InvalidRecord("terms: columns must be at most 256 plain names")
        if not self.operations or len(self.salt) != SALT_BYTES:
            raise InvalidRecord("terms: at least one operation and a salt of 32 bytes")

    def json(self) -> JsonValue:
        return {
            "version": 1,
            "asset": self.asset,
            "grantee": self.grantee,
            "basis": self.basis,
            "purpose": self.purpose,
            "purpose_text": self.purpose_text,
            "operations": [str(operation.name).lower() for operation in self.operations],
            "columns": list(self.columns),
            "method": self.method,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "max_uses": self.max_uses,
            "salt": self.salt.hex(),
        }

    @property
    def digest(self) -> bytes:
        """The 32 bytes that stand on chain."""
        return tagged("SHUXIN-TERMS-V1", canonical.encode(self.json()))

    @property
    def scope(self) -> Scope:
        """What the document asks the chain to permit."""
        period = (self.valid_from, self.valid_until, self.max_uses)
        return Scope(identifier(self.purpose), int(self.operations), self.digest, *period)

    @property
    def grounds(self) -> Grounds:
        """The five grounds of a request: basis, scenario, extent, method and term of use, each salted."""
        operations = ",".join(str(operation.name).lower() for operation in self.operations)
        texts = (
            f"basis\n{self.basis}",
            f"scenario\n{self.purpose}\n{self.purpose_text}",
            f"extent\n{self.asset}\n{','.join(self.columns)}\n{operations}",
            f"method\n{self.method}",
            f"duration\n{self.valid_from}\n{self.valid_until}\n{self.max_uses}",
        )
        basis, scenario, extent, method, duration = (
            tagged("SHUXIN-GROUND-V1", self.salt, text.encode()) for text in texts
        )
        return basis, scenario, extent, method, duration

    def require(self, recipient: str, asset: str, purpose: str, columns: frozenset[str]) -> None:
        """Refuse a use by somebody else, of another asset, for another purpose or of a column not named here.

        Raises:
            NotAuthorized: names what is outside the terms.
        """
        if recipient != self.grantee:
            raise NotAuthorized(f"terms: granted to {self.grantee}, not to {recipient}")
        if asset != self.asset:
            raise NotAuthorized(f"terms: granted for asset {self.asset}, not {asset}")
        if purpose != self.purpose:
            raise NotAuthorized(f"terms: granted for purpose {self.purpose}, not {purpose}")
        outside = sorted(columns - set(self.columns))
        if outside:
            raise NotAuthorized(f"terms: column {outside[0]} is not among the granted ones")


def _check_method(method: str, operations: Operations) -> None:
    if method not in METHODS:
        raise InvalidRecord(f"terms: the method must be one of {', '.join(METHODS)}")
    if (method != METHODS[0]) != bool(operations & Operations.EXPORT):
        raise InvalidRecord("terms: the operation export goes with the methods api, batch and file, and with no other")


def identifier(code: str) -> bytes:
    """The 32-byte id under which a coded thing (party, asset, purpose) stands on chain."""
    return keccak256(code.encode())


def parse(data: bytes) -> Terms:
    """Read a terms document in canonical form; raises InvalidRecord."""
    value = canonical.decode(data)
    if not isinstance(value, dict):
        raise InvalidRecord("terms: expected an object")
    terms = _read(value)
    if terms.json() != value:
        raise InvalidRecord("terms: unknown fields, or values that are not in canonical form")
    return terms


def _read(value: Mapping[str, JsonValue]) -> Terms:
    return Terms(
        asset=_text(value, "asset"),
        grantee=_text(value, "grantee"),
        purpose=_text(value, "purpose"),
        purpose_text=_text(value, "purpose_text"),
        operations=_operations(_texts(value, "operations")),
        columns=tuple(_texts(value, "columns")),
        salt=_salt(_text(value, "salt")),
        basis=_text(value, "basis"),
        method=_text(value, "method"),
        valid_from=_number(value, "valid_from"),
        valid_until=_number(value, "valid_until"),
        max_uses=_number(value, "max_uses"),
    )


def _text(value: Mapping[str, JsonValue], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise InvalidRecord(f"terms: {name} must be a text")
    return found


def _number(value: Mapping[str, JsonValue], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise InvalidRecord(f"terms: {name} must be a number")
    return found


def _texts(value: Mapping[str, JsonValue], name: str) -> list[str]:
    found = value.get(name)
    if not isinstance(found, list):
        raise InvalidRecord(f"terms: {name} must be a list")
    texts = [item for item in found if isinstance(item, str)]
    if len(texts) != len(found):
        raise InvalidRecord(f"terms: {name} must be a list of texts")
    return texts


def _salt(text: str) -> bytes:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise InvalidRecord("terms: the salt is 64 lower-case hex digits")
    return bytes.fromhex(text)


def _operations(names: list[str]) -> Operations:
    known = {str(operation.name).lower(): operation for operation in Operations}
    found = Operations(0)
    for name in names:
        if name not in known:
            raise InvalidRecord(f"terms: operation must be among {', '.join(known)}")
        found |= known[name]
    return found
