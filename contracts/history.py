"""Histories: why a list of events is complete, ordered and as of one block.

Each change of an entity emits one event (topics = [type, entity], first data word = n) and sets
``history = keccak256(history ++ type ++ keccak256(data))`` and ``count = n`` in the contract's storage. So the two
proven words and the events together prove that nothing is missing, doubled or swapped; (0, 0) proves that nothing ever
happened. What happened BEFORE the first event is the genesis state, which the genesis hash commits to.

What it does NOT do: verify the proof of the two words (``ledger.proofs.proof``) or read the events' meaning (the
clients). It need not ask which contract emitted an event either: no other bytes give the same history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ledger.abi import AbiValue, encode, topic
from ledger.errors import VerificationError
from ledger.hashing import keccak256

NOTHING = bytes(32)


class Recorded(Protocol):
    """What of an event enters the history: a log, a chain's event or a change of the rules."""

    @property
    def topics(self) -> Sequence[bytes]: ...

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Change:
    """A change as the rules state it: the event's signature, the entity, and the data's values with n first."""

    signature: str
    entity: bytes
    values: tuple[AbiValue, ...]

    @property
    def topics(self) -> tuple[bytes, bytes]:
        return topic(self.signature), self.entity

    @property
    def data(self) -> bytes:
        return encode(_data_types(self.signature), self.values)


@dataclass(frozen=True, slots=True)
class Journal:
    """History and count of every entity of one contract, as its storage holds them."""

    heads: Mapping[bytes, tuple[bytes, int]] = field(default_factory=dict)

    def history(self, entity: bytes) -> bytes:
        return self.heads.get(entity, (NOTHING, 0))[0]

    def count(self, entity: bytes) -> int:
        return self.heads.get(entity, (NOTHING, 0))[1]

    def record(self, signature: str, entity: bytes, *values: AbiValue) -> tuple[Journal, Change]:
        """Return the journal after one more change of the entity, and that change.

        Args:
            signature: the event's, e.g. ``"Granted(bytes32,uint256,bytes32)"``.
            values: the event's arguments after entity and n.
        """
        change = Change(signature, entity, (self.count(entity) + 1, *values))
        head = (extend(self.history(entity), change), self.count(entity) + 1)
        return Journal({**self.heads, entity: head}), change


def extend(history: bytes, event: Recorded) -> bytes:
    """Return the history after one more event."""
    return keccak256(history + event.topics[0] + keccak256(event.data))


def verify_history(entity: bytes, events: Iterable[Recorded], history: bytes, count: int) -> None:
    """Verify that these events are all there ever were of an entity, in their order.

    Args:
        events: in order from the first.
        history, count: the proven words of the entity.
    Raises:
        VerificationError: an event is missing, added, changed, or out of order, or is another entity's.
    """
    folded, n = NOTHING, 0
    for n, event in enumerate(events, start=1):
        if len(event.topics) != 2 or event.topics[1] != entity:
            raise VerificationError(f"history: event {n} is not of entity {entity.hex()}")
        if event.data[:32] != n.to_bytes(32, "big"):
            raise VerificationError(f"history: expected event {n}, got {event.data[:32].hex()}")
        folded = extend(folded, event)
    if n != count:
        raise VerificationError(f"history: expected {count} events, got {n}")
    if folded != history:
        raise VerificationError(f"history: expected {history.hex()}, the events give {folded.hex()}")


def _data_types(signature: str) -> list[str]:
    """Return the types after the entity. No event has a tuple, so commas separate arguments only."""
    return signature[signature.index("(") + 1 : -1].split(",")[1:]
