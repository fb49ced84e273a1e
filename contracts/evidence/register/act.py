"""The receipt of any entry about a unit, also of one that no application asks for, proven offline.

Seizures and their lifting, openings of past units, corrections of the registrar's own motion, divisions and mergers.
One canonical JSON file:

    entry    of which contract (Titles or Restrictions) and of which unit, its number in the unit's history, the party
             that made it, and where it is at hand the digest of the order's file with its salt
    history  every event of the unit in that contract, so that this number is this entry
    chain    sealed headers (``facts``), the history's digest and count, and the receipt of the entry

What it does NOT say: how the title stands since, who holds it, or how the registrar's book calls the unit: the name on
chain is keyed by a secret of the book, and a code that nothing proves does not belong on a receipt. It names nobody.
Source: Interim Regulation on Real Estate Registration (2024), articles 8 and 21.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from contracts.addresses import RESTRICTIONS, TITLES
from contracts.certificates.credential import write_time
from contracts.evidence import facts
from contracts.evidence.bundle import History, read_history, write_history
from contracts.evidence.facts import ChainFacts, unhex
from contracts.evidence.network import Network, require_network
from contracts.evidence.register.acted import Said, say
from contracts.evidence.register.entered import LIMIT, TEXT_LIMIT, lines_of, require_moment
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, history_slots, require_states
from contracts.parties.client import party_id
from contracts.proven import verify_events
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from ledger.proofs.trust import Trust

FORMAT: Final = "shuxin-act-receipt-v1"
CONTRACTS: Final = (TITLES, RESTRICTIONS)


@dataclass(frozen=True, slots=True)
class Order:
    """The authority's order: SHA-256 of its file, and the salt that hides it on chain."""

    file: bytes
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if (len(self.file), len(self.salt)) != (32, 32):
            raise InvalidRecord("receipt: expected a digest and a salt of the order")

    @property
    def digest(self) -> bytes:
        """What stands on chain for it; as the papers of a department have it."""
        return tagged("SHUXIN-PAPER-V1", self.salt, f"sha256:{self.file.hex()}".encode())


@dataclass(frozen=True, slots=True)
class Act:
    """One receipt in memory. n: counted from 1 in the unit's history. party: code of who made the entry."""

    n: int
    party: str
    order: Order | None
    history: History
    chain: ChainFacts

    def __post_init__(self) -> None:
        if self.history.contract not in CONTRACTS or len(self.history.entity) != 32:
            raise InvalidRecord(f"receipt: expected an entry of {' or '.join(CONTRACTS)} about a unit")
        if isinstance(self.n, bool) or not 0 < self.n <= len(self.history.events):
            raise InvalidRecord(f"receipt: expected an entry from 1 to {len(self.history.events)}, got {self.n}")
        if not 0 < len(self.party) <= TEXT_LIMIT:
            raise InvalidRecord(f"receipt: expected texts of at most {TEXT_LIMIT} characters")

    @property
    def slots(self) -> tuple[bytes, ...]:
        """The words of the contract that the receipt proves."""
        return history_slots(self.history.contract, (self.history.entity,))

    def encode(self) -> bytes:
        """Write the file."""
        order: JsonValue = None
        if self.order is not None:
            order = {"file": self.order.file.hex(), "salt": self.order.salt.hex()}
        entry: dict[str, JsonValue] = {"kind": "act", "n": self.n, "party": self.party, "order": order}
        history = write_history(self.history)
        return canonical.encode({"format": FORMAT, "entry": entry, "history": history, "chain": self.chain.json()})


def parse(encoded: bytes) -> Act:
    """Read a receipt; raises InvalidRecord unless it is exactly what ``Act.encode`` writes."""
    match canonical.decode(encoded, limit=LIMIT):
        case {
            "format": "shuxin-act-receipt-v1",
            "entry": {"kind": "act", "n": int(n), "party": str(party), "order": order},
            "history": history,
            "chain": chain,
        }:
            found = Act(n, party, _read_order(order), read_history(history), facts.read(chain))
        case _:
            raise InvalidRecord(f"receipt: expected format {FORMAT} with entry, history and chain")
    if found.encode() != encoded:
        raise InvalidRecord("receipt: unknown fields, or tables that are not sorted and used throughout")
    return found


def verify_act(data: bytes, trust: Trust) -> Verdict:
    """Verify that an entry was made; the verdict ends with the first step that does not hold."""
    steps = Record()
    try:
        act = steps.take(FORM, lambda: (parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")))
        network = steps.take("network", lambda: require_network(act.chain, trust))
        proven = steps.take("contracts", lambda: require_states(act.chain, network, (act.history.contract,)))
        said = steps.take("register", lambda: _require_history(act, proven))
        time = steps.take("entry", lambda: _require_entry(act, network, proven))
    except Failed:
        return Verdict(tuple(steps.steps), trust.assurance)
    figures: JsonValue = {
        "party": act.party,
        "contract": act.history.contract,
        "unit": act.history.entity.hex(),
        "n": act.n,
        "act": said.act.en,
    }
    return Verdict(tuple(steps.steps), trust.assurance, figures=figures, shown=_shown(act, said, time))


def _read_order(value: JsonValue) -> Order | None:
    match value:
        case None:
            return None
        case {"file": file, "salt": salt}:
            return Order(unhex(file), unhex(salt))
    raise InvalidRecord("receipt: an order has file and salt")


def _require_history(act: Act, proven: Proven) -> tuple[Said, Words]:
    contract, unit, events = act.history.contract, act.history.entity, act.history.events
    proven.require_slots(contract, act.slots)
    verify_events(contract, unit, events, proven.values[contract])
    said = say(act.history, act.n)
    if said.party != party_id(act.party):
        raise VerificationError("register: the entry is of another party")
    if act.order is not None and act.order.digest != said.source:
        raise VerificationError("register: another order than on chain")
    return said, Words(
        f"{contract}, entry {act.n} of {len(events)}: {said.act.en}",
        f"{contract},第 {act.n} 条,共 {len(events)} 条:{said.act.zh}",
    )


def _require_entry(act: Act, network: Network, proven: Proven) -> tuple[int, Words]:
    """Verify that a sealed block has the entry, and return its time."""
    header, log = require_moment(act.chain, network)
    event = act.history.events[act.n - 1]
    if (log.address, log.topics, log.data) != (proven.accounts[act.history.contract], event.topics, event.data):
        raise VerificationError(f"entry: block {header.number} shows another event")
    time = write_time(header.timestamp)
    return header.timestamp, Words(f"block {header.number}, {time}", f"第 {header.number} 块,{time}")


def _shown(act: Act, said: Said, time: int) -> Words:
    unit, number = act.history.entity.hex(), f"{act.history.contract} {act.n}"
    rows = [
        ("entry", "登记事项", (said.act.en, said.act.zh)),
        ("by", "登记或查封机构", (act.party, act.party)),
        ("unit on chain", "链上单元标识", (unit, unit)),
        ("number of the entry", "登记序号", (number, number)),
        ("entered", "登簿时间", (write_time(time), write_time(time))),
        (said.ground.en, said.ground.zh, (said.source.hex(), said.source.hex())),
    ]
    if act.order is not None:
        rows.append(("order's file (SHA-256)", "文书文件摘要(SHA-256)", (act.order.file.hex(), act.order.file.hex())))
    return lines_of(rows)
