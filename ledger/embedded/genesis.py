"""The first block of an embedded chain, as a pure function of one canonical JSON document.

The document names chain id, start, validators, predeployed contracts with their first storage, and the rules that
every node enforces. Its SHA-256 is the vanity of every header, so that the genesis hash, and each header after it,
commits to all of it.
What it does NOT do: compute anybody's storage layout (the contracts package hands in slots and values) or choose keys.
Trust assumption: whoever hands out the genesis hash out of band is honest; nothing else about this file is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from eth_typing import Address as EvmAddress
from eth_typing import BlockNumber, Hash32

from ledger import canonical
from ledger.crypto.signing import Address
from ledger.embedded.execution.vm import EmbeddedHeader, amended, encode_header, reader
from ledger.embedded.overlay import Overlay
from ledger.embedded.rules import GAS_LIMIT, MAX_VALIDATORS, Limits, SenderRule, ValidatorRule
from ledger.errors import InvalidRecord
from ledger.hashing import sha256
from ledger.proofs.headers import ISTANBUL_DIGEST, extra_data

FORMAT = 1
MAX_CODE = 24_576  # EIP-170
MAX_DOCUMENT = 16 << 20
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Predeploy:
    """A contract that exists from the first block on; storage holds 32-byte slots and values other than zero."""

    address: Address
    code: bytes
    storage: Mapping[bytes, bytes]

    def __post_init__(self) -> None:
        if len(self.address) != 20 or not 0 < len(self.code) <= MAX_CODE:
            raise InvalidRecord(f"genesis: expected a 20-byte address and 1..{MAX_CODE} bytes of code")
        if any(len(slot) != 32 or len(value) != 32 or not any(value) for slot, value in self.storage.items()):
            raise InvalidRecord("genesis: expected storage slots and values of 32 bytes, values not zero")


@dataclass(frozen=True, slots=True)
class GenesisConfig:
    """Everything that makes one embedded chain different from another.

    Attributes:
        vanity: what every header of this chain carries as its vanity, the digest of the document; taken once, for it
            is asked for at every block and the document holds the code of all contracts.
    """

    chain_id: int
    timestamp: int
    validators: tuple[Address, ...]
    predeploys: tuple[Predeploy, ...] = ()
    sender_rule: SenderRule | None = None
    validator_rule: ValidatorRule | None = None
    limits: Limits = field(default_factory=Limits)
    vanity: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (0 < self.chain_id < 2**31 and 0 < self.timestamp < 2**40):
            raise InvalidRecord(f"genesis: chain id {self.chain_id} or start {self.timestamp} out of range")
        if not 1 <= len(self.validators) <= MAX_VALIDATORS or tuple(sorted(set(self.validators))) != self.validators:
            raise InvalidRecord(f"genesis: expected 1..{MAX_VALIDATORS} validators, ascending and distinct")
        addresses = [predeploy.address for predeploy in self.predeploys]
        if sorted(set(addresses)) != addresses:
            raise InvalidRecord("genesis: expected predeployed addresses ascending and distinct")
        object.__setattr__(self, "vanity", sha256(self.encode()))

    def encode(self) -> bytes:
        """Write the canonical JSON document."""
        return canonical.encode(_document(self))

    @classmethod
    def parse(cls, data: bytes) -> GenesisConfig:
        """Read the document.

        Raises:
            InvalidRecord: not canonical JSON or not of this form.
        """
        try:
            config = _config(canonical.decode(data, limit=MAX_DOCUMENT))
        except (KeyError, TypeError, AttributeError, ValueError) as exc:
            raise InvalidRecord(f"genesis: a field is missing or of the wrong kind: {type(exc).__name__}") from exc
        if config.encode() != data:
            raise InvalidRecord("genesis: has another form of a field than this version writes")
        return config


@dataclass(frozen=True, slots=True)
class Genesis:
    """Header and state nodes of block 0."""

    header: bytes
    nodes: Mapping[bytes, bytes]


def genesis(config: GenesisConfig) -> Genesis:
    """Compute block 0; the same configuration gives the same bytes everywhere."""
    overlay = Overlay(None)
    draft = EmbeddedHeader(
        difficulty=0,
        block_number=BlockNumber(0),
        gas_limit=GAS_LIMIT,
        timestamp=config.timestamp,
        extra_data=extra_data(config.vanity, config.validators),
        mix_hash=Hash32(ISTANBUL_DIGEST),
        nonce=bytes(8),
    )
    accounts = reader(overlay, draft)
    for predeploy in config.predeploys:
        address = EvmAddress(predeploy.address)
        accounts.set_code(address, predeploy.code)
        accounts.set_nonce(address, 1)  # as a created contract has (EIP-161)
        for slot, value in sorted(predeploy.storage.items()):
            accounts.set_storage(address, int.from_bytes(slot, "big"), int.from_bytes(value, "big"))
    accounts.persist()
    return Genesis(encode_header(amended(draft, state_root=accounts.state_root)), overlay.written)


def _document(config: GenesisConfig) -> dict[str, canonical.JsonValue]:
    sender, validator, limits = config.sender_rule, config.validator_rule, config.limits
    return {
        "format": FORMAT,
        "chain_id": config.chain_id,
        "timestamp": config.timestamp,
        "validators": [_hex(address) for address in config.validators],
        "predeploys": {
            _hex(predeploy.address): {
                "code": _hex(predeploy.code),
                "storage": {_hex(slot): _hex(value) for slot, value in predeploy.storage.items()},
            }
            for predeploy in config.predeploys
        },
        "sender_rule": None if sender is None else {"address": _hex(sender.address), "slot": sender.slot},
        "validator_rule": None
        if validator is None
        else {
            "address": _hex(validator.address),
            "hash_slot": validator.hash_slot,
            "list_slot": validator.list_slot,
        },
        "limits": {
            "transactions": limits.transactions,
            "block_gas": limits.block_gas,
            "transaction_gas": limits.transaction_gas,
        },
    }


def _config(value: canonical.JsonValue) -> GenesisConfig:
    top = _object(value, 8)
    if top["format"] != FORMAT:
        raise InvalidRecord(f"genesis: expected format {FORMAT}, got {top['format']!r}")
    sender, validator, limits = top["sender_rule"], top["validator_rule"], _object(top["limits"], 3)
    validators, predeploys = top["validators"], _object(top["predeploys"], None)
    if not isinstance(validators, list):
        raise InvalidRecord("genesis: expected a list of validators")
    return GenesisConfig(
        chain_id=_number(top["chain_id"]),
        timestamp=_number(top["timestamp"]),
        validators=tuple(Address(_bytes(item, 20)) for item in validators),
        predeploys=tuple(_predeploy(address, predeploys[address]) for address in sorted(predeploys)),
        sender_rule=None if sender is None else _sender_rule(_object(sender, 2)),
        validator_rule=None if validator is None else _validator_rule(_object(validator, 3)),
        limits=Limits(
            _number(limits["transactions"]), _number(limits["block_gas"]), _number(limits["transaction_gas"])
        ),
    )


def _predeploy(address: str, value: canonical.JsonValue) -> Predeploy:
    fields = _object(value, 2)
    storage = {_bytes(slot, 32): _bytes(word, 32) for slot, word in _object(fields["storage"], None).items()}
    return Predeploy(Address(_bytes(address, 20)), _bytes(fields["code"], None), storage)


def _sender_rule(fields: Mapping[str, canonical.JsonValue]) -> SenderRule:
    return SenderRule(Address(_bytes(fields["address"], 20)), _number(fields["slot"]))


def _validator_rule(fields: Mapping[str, canonical.JsonValue]) -> ValidatorRule:
    place = Address(_bytes(fields["address"], 20))
    return ValidatorRule(place, _number(fields["hash_slot"]), _number(fields["list_slot"]))


def _object(value: canonical.JsonValue, size: int | None) -> Mapping[str, canonical.JsonValue]:
    if not isinstance(value, dict) or (size is not None and len(value) != size):
        raise InvalidRecord("genesis: expected an object with exactly the known fields")
    return value


def _number(value: canonical.JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidRecord("genesis: expected a non-negative whole number")
    return value


def _bytes(value: canonical.JsonValue, size: int | None) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise InvalidRecord("genesis: expected 0x and lower-case hexadecimal digits")
    data = bytes.fromhex(value[2:])
    if size is not None and len(data) != size:
        raise InvalidRecord(f"genesis: expected {size} bytes, got {len(data)}")
    return data


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
