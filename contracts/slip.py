"""Slips: small files that people hand each other or keep, whose salted digests stand on chain.

A slip is a frozen dataclass of texts, numbers and bytes with a name for its form; it is written as one canonical JSON
object and read back strictly. Its digest is salted by a field of its own, so nobody who lacks the file can test a
guess; who erases the file erases the link (PIPL art. 47). What it does NOT do: say whether what a slip says is true.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, TypeVar

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded
from ledger.hashing import tagged

LIMIT: Final = 1 << 16
"""Bytes of a slip."""
SALT_BYTES: Final = 32
MAX_TIME: Final = 1 << 40
VERSION: Final = 1
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Slip(Protocol):
    """A frozen dataclass whose fields are str, int or bytes; FORM names it in files and digests."""

    FORM: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


P = TypeVar("P", bound=Slip)


def fresh_salt() -> bytes:
    """Draw a salt from the operating system; never derived, so that erasing it is final."""
    return secrets.token_bytes(SALT_BYTES)


def json_of(slip: Slip) -> dict[str, JsonValue]:
    """Write a slip as a JSON object."""
    found = {field.name: getattr(slip, field.name) for field in fields(slip)}
    told = {name: value.hex() if isinstance(value, bytes) else value for name, value in found.items()}
    return {"format": slip.FORM, "version": VERSION, **told}


def encode(slip: Slip) -> bytes:
    """Write a slip's file."""
    return canonical.encode(json_of(slip))


def digest(slip: Slip) -> bytes:
    """Return the 32 bytes that stand on chain for a slip."""
    return tagged(f"{slip.FORM} v{VERSION}", encode(slip))


def read(kind: type[P], value: JsonValue) -> P:
    """Read a slip from a JSON object.

    Raises:
        InvalidRecord: another form, a field missing or of another type, or one nobody reads.
    """
    if not isinstance(value, dict) or value.get("format") != kind.FORM or value.get("version") != VERSION:
        raise InvalidRecord(f"slip: expected a {kind.FORM} of version {VERSION}")
    wanted = {field.name: str(field.type) for field in fields(kind)}
    found = {name: _value(kind.FORM, name, type_, value.get(name)) for name, type_ in wanted.items()}
    slip = kind(**found)
    if json_of(slip) != value:
        raise InvalidRecord(f"{kind.FORM}: unknown fields, or values that are not in canonical form")
    return slip


def parse(kind: type[P], data: bytes) -> P:
    """Read a slip's file; raises InvalidRecord."""
    return read(kind, canonical.decode(data, limit=LIMIT))


def load(kind: type[P], path: Path) -> P:
    """Read a slip from a file; raises NotFound, and InvalidRecord with the file's name."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    try:
        return parse(kind, read_bounded(path, LIMIT))
    except InvalidRecord as fault:
        raise InvalidRecord(f"{path}: {fault}") from fault


def form_of(data: bytes, *, limit: int) -> str | None:
    """Return the form that a file of canonical JSON names, if it is one and names any; nothing else is read."""
    try:
        value = canonical.decode(data, limit=limit)
    except InvalidRecord:
        return None
    found = value.get("format") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def require_code(form: str, **codes: str) -> None:
    """Refuse codes that are not a-z, 0-9 and '-'; raises InvalidRecord."""
    for name, code in codes.items():
        if not _CODE.fullmatch(code):
            raise InvalidRecord(f"{form}: {name}: {code!r} is not a code (a-z, 0-9, '-')")


def require_text(form: str, **texts: str) -> None:
    """Refuse texts that are empty or longer than 500 characters; raises InvalidRecord."""
    for name, text in texts.items():
        if not 0 < len(text.strip()) <= 500:
            raise InvalidRecord(f"{form}: {name}: expected a text of at most 500 characters")


def require_bytes(form: str, **values: bytes) -> None:
    """Refuse values that are not 32 bytes; raises InvalidRecord."""
    for name, value in values.items():
        if len(value) != SALT_BYTES:
            raise InvalidRecord(f"{form}: {name}: expected {SALT_BYTES} bytes, got {len(value)}")


def require_period(form: str, start: int, end: int) -> None:
    """Refuse a period that is empty or beyond any date; raises InvalidRecord."""
    if not 0 <= start < end < MAX_TIME:
        raise InvalidRecord(f"{form}: expected a period in unix seconds")


def _value(form: str, name: str, type_: str, value: JsonValue) -> object:
    match type_, value:
        case "str", str():
            return value
        case "int", int() if not isinstance(value, bool):
            return value
        case "bytes", str() if re.fullmatch("([0-9a-f]{2})*", value):
            return bytes.fromhex(value)
    raise InvalidRecord(f"{form}: {name}: expected {type_}")
