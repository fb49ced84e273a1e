"""Acts: the calls of sealed blocks in the domain's words, refused ones included, with the events of those that took.

Which contract stands behind an address follows from the genesis addresses and the Directory's own events, so the same
blocks give the same acts to everybody. Calls of accounts that are no contracts of the network, and transactions that
are no calls, are left out: they change nothing. What it does NOT do: prove blocks (``ledger.proofs.blocks`` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from contracts.addresses import DIRECTORY, GENESIS_ADDRESSES, NAMES, name_id
from contracts.artefacts import interfaces
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.blocks import Sent

UNREADABLE = ""
"""The method of a call that names none; such calls are refused by every contract."""


@dataclass(frozen=True, slots=True)
class Act:
    """One call: where it stands, who made it, of which contract, and what became of it."""

    block: int
    time: int  # of the block, unix seconds
    index: int  # in the block
    sender: bytes
    contract: str
    payload: bytes = field(repr=False)
    accepted: bool
    events: tuple[Event, ...] = ()

    def call(self) -> tuple[str, tuple[AbiValue, ...]]:
        """Read method and arguments; ``UNREADABLE`` and nothing if the bytes are no call of the contract."""
        try:
            return interfaces()[self.contract].decode_call(self.payload)
        except (NotFound, InvalidRecord):
            return UNREADABLE, ()


class Reader:
    """Reads blocks in their order; remembers only which contract serves at which address."""

    def __init__(self, addresses: Mapping[bytes, str] | None = None) -> None:
        """Args: addresses: what a reader has found before; none for the genesis."""
        known = {address: name for name, address in GENESIS_ADDRESSES.items()}
        self._names = dict(known if addresses is None else addresses)

    @property
    def addresses(self) -> Mapping[bytes, str]:
        return self._names

    def read(self, block: int, time: int, calls: Iterable[Sent | None]) -> list[Act]:
        """Return the acts of one block."""
        found = []
        for index, sent in enumerate(calls):
            if sent is None or (contract := self._names.get(sent.to)) is None:
                continue
            events = tuple(self._events(block, time, index, sent))
            found.append(Act(block, time, index, sent.sender, contract, sent.payload, sent.accepted, events))
        return found

    def _events(self, block: int, time: int, index: int, sent: Sent) -> Iterable[Event]:
        for place, log in enumerate(sent.logs):
            if (contract := self._names.get(log.address)) is None:
                continue
            try:
                name, args = interfaces()[contract].decode_event(log)
            except (NotFound, InvalidRecord):
                continue  # of a version that this build does not know
            if contract == DIRECTORY and name == "Registered":
                self._register(args)
            yield Event(contract, name, log.address, log.topics, log.data, args, block, time, index, place)

    def _register(self, args: Mapping[str, AbiValue]) -> None:
        served = {name_id(name): name for name in NAMES}.get(cast(bytes, args["name"]))
        if served is not None:
            self._names[cast(bytes, args["account"])] = served
