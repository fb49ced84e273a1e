"""What a verifier takes on trust: one file obtained out of band, and how validators change from there.

What it does NOT do: fetch anything over a network, or say what contracts mean.
Trust assumption: the file is authentic. Everything else is proven from it: a header by its validators' seals,
a later validator set by a storage proof under a header that the set before it sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from ledger import canonical
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, VerificationError
from ledger.files import read_bounded
from ledger.hashing import keccak256
from ledger.proofs.headers import MAX_VALIDATORS, Header, parse_header, verify_header
from ledger.proofs.proof import StorageProof, verify_storage

FORMAT_VERSION = 1
LIMIT = 1 << 18
MAX_CHANGES = 10_000

_FIELDS = {
    "format_version",
    "chain_id",
    "genesis_hash",
    "validators",
    "directory",
    "assurance",
    "code_hashes",
}


class Assurance(Enum):
    """Who holds the validators' keys; every verdict repeats it."""

    CO_SIGNED = "co-signed"
    SINGLE_OPERATOR = "single operator"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier takes on trust of one network."""

    chain_id: int
    genesis_hash: bytes
    validators: tuple[Address, ...]  # of block 1, strictly ascending
    directory: Address
    assurance: Assurance
    code_hashes: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))  # by contract name
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        if self.format_version != FORMAT_VERSION:
            raise InvalidRecord(f"trust file: expected format {FORMAT_VERSION}, got {self.format_version}")
        if not 0 < self.chain_id <= canonical.MAX_INTEGER:
            raise InvalidRecord("trust file: chain id out of range")
        if len(self.genesis_hash) != 32 or len(self.directory) != 20:
            raise InvalidRecord("trust file: expected 32 bytes of genesis hash and 20 of directory")
        if any(len(code) != 32 for code in self.code_hashes.values()):
            raise InvalidRecord("trust file: expected code hashes of 32 bytes")
        _check_set(self.validators)

    def encode(self) -> bytes:
        """Write the file: canonical JSON."""
        return canonical.encode(
            {
                "format_version": self.format_version,
                "chain_id": self.chain_id,
                "genesis_hash": _hex(self.genesis_hash),
                "validators": [_hex(member) for member in self.validators],
                "directory": _hex(self.directory),
                "assurance": self.assurance.value,
                "code_hashes": {name: _hex(code) for name, code in self.code_hashes.items()},
            }
        )


def load(path: Path) -> Trust:
    """Read a trust file from where somebody put it; raises InvalidRecord, which names the file."""
    try:
        return parse(read_bounded(path, LIMIT))
    except InvalidRecord as fault:
        raise InvalidRecord(f"trust file {path}: {fault}") from fault


def parse(data: bytes) -> Trust:
    """Read a trust file.

    Raises:
        InvalidRecord: not canonical JSON of exactly these fields, or a value out of form.
    """
    match canonical.decode(data, limit=LIMIT):
        case {
            "format_version": int(version),
            "chain_id": int(chain_id),
            "genesis_hash": genesis,
            "validators": list(validators),
            "directory": directory,
            "assurance": str(assurance),
            "code_hashes": dict(codes),
            **rest,
        } if not rest and not isinstance(version, bool) and not isinstance(chain_id, bool):
            return Trust(
                chain_id=chain_id,
                genesis_hash=_bytes(genesis, 32),
                validators=tuple(Address(_bytes(member, 20)) for member in validators),
                directory=Address(_bytes(directory, 20)),
                assurance=_assurance(assurance),
                code_hashes=MappingProxyType({name: _bytes(code, 32) for name, code in codes.items()}),
                format_version=version,
            )
    raise InvalidRecord(f"trust file: expected an object of exactly {sorted(_FIELDS)}")


@dataclass(frozen=True, slots=True)
class ValidatorChange:
    """Proof of a change: state N, under a header the set of block N sealed, names the set of block N + 1."""

    header: bytes = field(repr=False)
    proof: StorageProof  # of the one slot with validators_hash
    validators: tuple[Address, ...]

    def __post_init__(self) -> None:
        _check_set(self.validators)


@dataclass(frozen=True, slots=True)
class ValidatorHistory:
    """Which validators sealed which blocks: (first block, set), ascending. Made by ``follow``."""

    eras: tuple[tuple[int, tuple[Address, ...]], ...]

    @property
    def latest(self) -> tuple[Address, ...]:
        """The newest set known."""
        return self.eras[-1][1]

    def at(self, number: int) -> tuple[Address, ...]:
        """Return the set that seals block ``number``."""
        if number < 0:
            raise InvalidRecord(f"header: expected a block number, got {number}")
        return next(members for first, members in reversed(self.eras) if first <= number)

    def verify(self, raw: bytes, number: int) -> Header:
        """Check a header against the set of its block, and that it is the header of that block."""
        header = verify_header(raw, self.at(number))
        if header.number != number:
            raise VerificationError(f"header: expected block {number}, got {header.number}")
        return header


def validators_hash(validators: Sequence[Address]) -> bytes:
    """Return what the chain stores of a set: the Keccak hash of its addresses in ascending order."""
    return keccak256(b"".join(sorted(validators)))


def follow(
    trusted: Sequence[Address], changes: Sequence[ValidatorChange], *, governance: Address, slot: bytes
) -> ValidatorHistory:
    """Follow the validators from a trusted set through proven changes.

    Args:
        trusted: the set of block 1.
        changes: in the order of their blocks.
        governance: the contract that decides the set.
        slot: where it keeps ``validators_hash``.

    Raises:
        InvalidRecord: malformed headers or sets.
        VerificationError: a change is not sealed by the set before it, not proven, out of order or empty.
    """
    if len(changes) > MAX_CHANGES:
        raise InvalidRecord(f"validator changes: expected at most {MAX_CHANGES}, got {len(changes)}")
    eras = [(0, tuple(sorted(set(trusted))))]
    _check_set(eras[0][1])
    for change in changes:
        first, members = eras[-1]
        header = verify_header(change.header, members)
        if header.number < first:
            raise VerificationError(f"validator change: block {header.number} is out of order")
        state = verify_storage(header, change.proof)
        if state.address != governance or dict(state.values) != {slot: validators_hash(change.validators)}:
            raise VerificationError(f"validator change: block {header.number} does not name these validators")
        if change.validators == members:
            raise VerificationError(f"validator change: block {header.number} changes nothing")
        eras.append((header.number + 1, change.validators))
    return ValidatorHistory(tuple(eras))


def eras_of(trust: Trust, changes: Sequence[ValidatorChange]) -> tuple[tuple[int, tuple[Address, ...]], ...]:
    """Say which set seals from which block on; the changes were proven when they were taken up."""
    later = tuple((parse_header(change.header).number + 1, change.validators) for change in changes)
    return ((0, trust.validators), *later)


def _check_set(validators: tuple[Address, ...]) -> None:
    if not 0 < len(validators) <= MAX_VALIDATORS or any(len(member) != 20 for member in validators):
        raise InvalidRecord(f"validators: expected 1 to {MAX_VALIDATORS} addresses of 20 bytes")
    if list(validators) != sorted(set(validators)):
        raise InvalidRecord("validators: expected strictly ascending addresses")


def _assurance(text: str) -> Assurance:
    try:
        return Assurance(text)
    except ValueError as exc:
        raise InvalidRecord(f"trust file: unknown assurance {text[:40]!r}") from exc


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _bytes(value: canonical.JsonValue, size: int) -> bytes:
    """Read lower-case hex; the round trip refuses spaces and capitals, which fromhex would let through."""
    try:
        decoded = bytes.fromhex(value[2:]) if isinstance(value, str) else b""
    except ValueError as exc:
        raise InvalidRecord("trust file: malformed hex") from exc
    if len(decoded) != size or _hex(decoded) != value:
        raise InvalidRecord(f"trust file: expected {size} bytes as 0x and lower-case hex")
    return decoded
