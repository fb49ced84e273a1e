"""The proof that an event happened, and of every other event of the same entity up to a block, verified offline.

It is what stands behind an edge of provenance. One canonical JSON file:

    n        which event of the entity's history this is about, counted from 1
    history  every event of the entity in that contract (``bundle``)
    chain    sealed headers (``facts``), the history's digest and count after the newest of them, the event's receipt

What it does NOT say: what an event means, or who stands behind a digest. Trust assumption: the trust file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.artefacts import interfaces
from contracts.certificates.credential import write_time
from contracts.evidence import facts
from contracts.evidence.bundle import History, read_history, write_history
from contracts.evidence.facts import ChainFacts
from contracts.evidence.network import Network, require_network
from contracts.evidence.register.entered import lines_of, require_moment
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, history_slots, require_states
from contracts.proven import verify_events
from contracts.slip import form_of
from ledger import canonical
from ledger.abi import AbiValue
from ledger.canonical import JsonValue
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.proofs.headers import Header
from ledger.proofs.proof import Log
from ledger.proofs.trust import Trust

FORMAT: Final = "shuxin-event-proof-v1"
LIMIT: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One proof in memory."""

    n: int
    history: History
    chain: ChainFacts

    def __post_init__(self) -> None:
        if self.history.contract not in interfaces() or len(self.history.entity) != 32:
            raise InvalidRecord("event proof: expected a contract of the network and an entity of 32 bytes")
        if isinstance(self.n, bool) or not 0 < self.n <= len(self.history.events):
            raise InvalidRecord(f"event proof: expected an event from 1 to {len(self.history.events)}, got {self.n}")

    def encode(self) -> bytes:
        """Write the file."""
        history = write_history(self.history)
        return canonical.encode({"format": FORMAT, "n": self.n, "history": history, "chain": self.chain.json()})


def parse(encoded: bytes) -> Occurrence:
    """Read a proof; raises InvalidRecord unless it is exactly what ``Occurrence.encode`` writes."""
    match canonical.decode(encoded, limit=LIMIT):
        case {"format": "shuxin-event-proof-v1", "n": int(n), "history": history, "chain": chain}:
            found = Occurrence(n, read_history(history), facts.read(chain))
        case _:
            raise InvalidRecord(f"event proof: expected format {FORMAT} with n, history and chain")
    if found.encode() != encoded:
        raise InvalidRecord("event proof: unknown fields, or tables that are not sorted and used throughout")
    return found


def is_occurrence(data: bytes) -> bool:
    """Say whether a file calls itself the proof of an event; nothing is verified."""
    return form_of(data, limit=LIMIT) == FORMAT


def verify_occurrence(data: bytes, trust: Trust) -> Verdict:
    """Verify a proof; the verdict ends with the first step that does not hold."""
    steps = Record()
    try:
        proof = steps.take(FORM, lambda: (parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")))
        network = steps.take("network", lambda: require_network(proof.chain, trust))
        proven = steps.take("contracts", lambda: require_states(proof.chain, network, (proof.history.contract,)))
        steps.take("history", lambda: _require_history(proof, network, proven))
        header, name, args = steps.take("event", lambda: _require_event(proof, network, proven))
    except Failed:
        return Verdict(tuple(steps.steps), trust.assurance)
    shown = {key: _shown(value) for key, value in args.items()}
    figures: JsonValue = {
        "contract": proof.history.contract, "entity": proof.history.entity.hex(), "event": name, "n": proof.n,
        "of": len(proof.history.events), "as_of": network.newest.number, "block": header.number,
        "time": header.timestamp, "arguments": shown,
    }  # fmt: skip
    rows = [(key, key, (str(value), str(value))) for key, value in shown.items()]
    return Verdict(tuple(steps.steps), trust.assurance, figures=figures, shown=lines_of(rows))


def _require_history(proof: Occurrence, network: Network, proven: Proven) -> tuple[None, Words]:
    contract, entity, events = proof.history.contract, proof.history.entity, proof.history.events
    proven.require_slots(contract, history_slots(contract, (entity,)))
    verify_events(contract, entity, events, proven.values[contract])
    block = network.newest.number
    return None, Words(f"{len(events)} events up to block {block}", f"截至第 {block} 块共 {len(events)} 条")


def _require_event(
    proof: Occurrence, network: Network, proven: Proven
) -> tuple[tuple[Header, str, dict[str, AbiValue]], Words]:
    """Verify that a sealed block has the event, and read it."""
    header, log = require_moment(proof.chain, network)
    event, contract = proof.history.events[proof.n - 1], proof.history.contract
    if (log.address, log.topics, log.data) != (proven.accounts[contract], event.topics, event.data):
        raise VerificationError(f"event: block {header.number} shows another event")
    try:
        name, args = interfaces()[contract].decode_event(Log(Address(log.address), log.topics, log.data))
    except NotFound as fault:
        raise VerificationError(f"event: none that {contract} of this build has") from fault
    time = write_time(header.timestamp)
    words = Words(
        f"{name}, {proof.n} of {len(proof.history.events)}, block {header.number}, {time}",
        f"{name},第 {proof.n} 条,共 {len(proof.history.events)} 条,第 {header.number} 块,{time}",
    )
    return (header, name, args), words


def _shown(value: AbiValue) -> JsonValue:
    """Write an argument; numbers of 256 bits as text, for JSON keeps 53."""
    match value:
        case bytes():
            return value.hex()
        case bool() | str():
            return value
        case int():
            return str(value)
        case _:
            return [_shown(item) for item in value]
