"""The receipt of an entry: that an application was entered in the register, for which unit and when, proven offline.

One canonical JSON file:

    entry    the registrar's party, the name of its register, the application's number, digest and salt of its papers
    chain    sealed headers (``facts``), the application's record and history, and the receipt of its entry

The receipt of an entry that no application asks for is another kind of file (``act``); ``verify_entry`` takes both.
What it does NOT say: how the title stands since, or who holds it; it names nobody. An application that is entered stays
so, hence a receipt does not grow old.
Source: Interim Regulation on Real Estate Registration (2024), articles 17 and 21.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from contracts.addresses import APPLICATIONS
from contracts.applications import client
from contracts.applications.rules import APPLICATION_ENTERED, Application, ApplicationState, RegistrationType
from contracts.certificates.credential import write_time
from contracts.evidence import facts
from contracts.evidence.facts import ChainFacts, unhex
from contracts.evidence.network import Network, require_network
from contracts.evidence.register import act
from contracts.evidence.register.entered import LIMIT, TEXT_LIMIT, TYPES, lines_of, require_moment
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, history_slots, require_states
from contracts.parties.client import party_id
from contracts.slip import form_of
from contracts.titles.commitment import PAPERS, SALT_BYTES, commitment
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.trust import Trust

FORMAT: Final = "shuxin-entry-receipt-v1"
ENTERED: Final = keccak256(APPLICATION_ENTERED.encode())


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt in memory. party: the registrar's code; register, application: as its book calls them."""

    party: str
    register: str
    application: str
    papers: bytes
    papers_salt: bytes = field(repr=False)
    chain: ChainFacts

    def __post_init__(self) -> None:
        if not all(0 < len(text) <= TEXT_LIMIT for text in (self.party, self.register, self.application)):
            raise InvalidRecord(f"receipt: expected texts of at most {TEXT_LIMIT} characters")
        if len(self.papers) != 32 or len(self.papers_salt) != SALT_BYTES:
            raise InvalidRecord("receipt: expected a digest and a salt of the papers")

    @property
    def id(self) -> bytes:
        """The application's id on chain."""
        return client.application_id(self.register, self.application)

    def encode(self) -> bytes:
        """Write the file."""
        entry: dict[str, JsonValue] = {
            "party": self.party,
            "register": self.register,
            "application": self.application,
            "papers": self.papers.hex(),
            "papers_salt": self.papers_salt.hex(),
        }
        return canonical.encode({"format": FORMAT, "entry": entry, "chain": self.chain.json()})


def parse(encoded: bytes) -> Receipt:
    """Read a receipt; raises InvalidRecord unless it is exactly what ``Receipt.encode`` writes."""
    match canonical.decode(encoded, limit=LIMIT):
        case {
            "format": "shuxin-entry-receipt-v1",
            "entry": {
                "party": str(party),
                "register": str(register),
                "application": str(application),
                "papers": papers,
                "papers_salt": salt,
            },
            "chain": chain,
        }:
            found = Receipt(party, register, application, unhex(papers), unhex(salt), facts.read(chain))
        case _:
            raise InvalidRecord(f"receipt: expected format {FORMAT} with entry and chain")
    if found.encode() != encoded:
        raise InvalidRecord("receipt: unknown fields, or tables that are not sorted and used throughout")
    return found


def is_receipt(data: bytes) -> bool:
    """Say whether a file calls itself a receipt of either kind; nothing is verified."""
    return form_of(data, limit=LIMIT) in (FORMAT, act.FORMAT)


def receipt_slots(id: bytes) -> tuple[bytes, ...]:
    """List the words of Applications that a receipt proves."""
    return (*client.application_fact(id).slots, *history_slots(APPLICATIONS, (id,)))


def verify_entry(data: bytes, trust: Trust) -> Verdict:
    """Verify a receipt of either kind; the verdict ends with the first step that does not hold."""
    if form_of(data, limit=LIMIT) == act.FORMAT:
        return act.verify_act(data, trust)
    steps = Record()
    try:
        receipt, shown = _examine(data, trust, steps)
    except Failed:
        return Verdict(tuple(steps.steps), trust.assurance)
    figures: JsonValue = {"party": receipt.party, "register": receipt.register, "application": receipt.application}
    return Verdict(tuple(steps.steps), trust.assurance, figures=figures, shown=shown)


def _examine(data: bytes, trust: Trust, steps: Record) -> tuple[Receipt, Words]:
    receipt = steps.take(FORM, lambda: (parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")))
    network = steps.take("network", lambda: require_network(receipt.chain, trust))
    proven = steps.take("contracts", lambda: require_states(receipt.chain, network, (APPLICATIONS,)))
    record = steps.take("application", lambda: _require_record(receipt, proven))
    time = steps.take("entry", lambda: _require_entry(receipt, network, proven))
    return receipt, _shown(receipt, record, time)


def _require_record(receipt: Receipt, proven: Proven) -> tuple[Application, Words]:
    proven.require_slots(APPLICATIONS, receipt_slots(receipt.id))
    record = client.decode_application(receipt.id, proven.values[APPLICATIONS])
    if record.state is not ApplicationState.ENTERED:
        raise VerificationError(f"application: {record.state.name.lower()}, not entered")
    if record.registrar != party_id(receipt.party):
        raise VerificationError("application: of another registrar")
    if record.papers != commitment(PAPERS, receipt.papers_salt, receipt.papers):
        raise VerificationError("application: other papers than on chain")
    time = write_time(record.accepted)
    return record, Words(f"{receipt.application}, accepted {time}", f"{receipt.application},受理于 {time}")


def _require_entry(receipt: Receipt, network: Network, proven: Proven) -> tuple[int, Words]:
    """Verify that a sealed block has the entry, and return its time."""
    header, log = require_moment(receipt.chain, network)
    if (log.address, log.topics) != (proven.accounts[APPLICATIONS], (ENTERED, receipt.id)):
        raise VerificationError(f"entry: block {header.number} shows another event")
    time = write_time(header.timestamp)
    return header.timestamp, Words(f"block {header.number}, {time}", f"第 {header.number} 块,{time}")


def _shown(receipt: Receipt, record: Application, time: int) -> Words:
    kind = TYPES[RegistrationType(record.kind)]
    late = record.due <= time
    rows = (
        ("registrar", "登记机构", (receipt.party, receipt.party)),
        ("register", "登记簿", (receipt.register, receipt.register)),
        ("application", "受理编号", (receipt.application, receipt.application)),
        ("type", "登记类型", kind),
        ("unit on chain", "链上单元标识", (record.unit.hex(), record.unit.hex())),
        ("accepted", "受理时间", (write_time(record.accepted), write_time(record.accepted))),
        ("entered", "登簿时间", (write_time(time), write_time(time))),
        ("in time", "是否按期", ("no" if late else "yes", "逾期" if late else "按期")),
        ("papers", "申请材料摘要", (receipt.papers.hex(), receipt.papers.hex())),
    )
    return lines_of(rows)
