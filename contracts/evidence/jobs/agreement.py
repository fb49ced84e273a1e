"""What the parties signed, held against the chain: statement, specification, members, session record, signatures.

A party's key is taken from the register's proven words and must have been good at the first opening and at the last
signature. A party that rotates its keys between the two ends with evidence that does not hold; the job is then asked
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.evidence import dsse, statement
from contracts.evidence.jobs.release import Released, Span
from contracts.evidence.questions import question
from contracts.evidence.questions.asked import Question
from contracts.evidence.report import Words
from contracts.evidence.statement import Member, Statement
from contracts.evidence.states import Proven, require_keys
from contracts.jobs.record import NOTHING, roster_of
from contracts.parties.client import party_id
from contracts.parties.record import Keys
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import VerificationError
from ledger.hashing import sha256

SESSION_FORMAT = "shuxin-job-attempt-v1"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A statement that fits its job; keys: the statement key of each member by code."""

    statement: Statement
    question: Question
    keys: Mapping[str, bytes]

    @property
    def owners(self) -> tuple[str, ...]:
        """The contributing members, sorted."""
        return tuple(code for code in sorted(self.keys) if code != self.question.recipient)


def require_agreement(
    envelope: dsse.Envelope, proven: Proven, released: Released, span: Span, genesis: bytes
) -> tuple[Agreement, Words]:
    """Verify that the statement is the one every party recorded, and says what the chain says.

    Raises:
        VerificationError, InvalidRecord: it does not.
    """
    if sha256(envelope.payload) != released.entry.statement:
        raise VerificationError("statement: not the one the parties recorded on chain")
    signed = statement.parse(envelope.payload)
    if signed.result != released.entry.result:
        raise VerificationError("statement: its subject is not the result on chain")
    if canonical.digest(signed.spec) != released.entry.spec:
        raise VerificationError("statement: its specification is not the one proposed on chain")
    asked = question.read(signed.spec)
    _require_proposal(asked, released)
    codes = tuple(code for code in asked.parties if party_id(code) in released.members)
    if asked.recipient not in codes or len(codes) <= asked.contributors:
        raise VerificationError("statement: the attempt lacks its recipient or contributors")
    _require_members(signed, asked, codes)
    keys = _keys(require_keys(proven, released.members), codes, span)
    found = Agreement(signed, asked, keys)
    _require_session(found, released, genesis)
    cells = f"{len(signed.opened)}/{len(asked.cells)}"
    return found, Words(
        f"{asked.protocol} for {asked.recipient}, {len(found.owners)} owners, {cells} cells opened",
        f"{asked.protocol},接收方 {asked.recipient},{len(found.owners)} 个提供方,开启单元 {cells}",
    )


def require_signatures(envelope: dsse.Envelope, agreement: Agreement) -> tuple[None, Words]:
    """Verify one signature of each member and of nobody else; raises VerificationError."""
    if set(envelope.signatures) != set(agreement.keys):
        missing = sorted(set(agreement.keys) - set(envelope.signatures))
        raise VerificationError(f"signatures: expected one of each member; missing: {', '.join(missing) or 'none'}")
    for party, signature in envelope.signatures.items():
        dsse.verify(envelope.payload, party, agreement.keys[party], signature)
    names = ", ".join(sorted(agreement.keys))
    return None, Words(names, names)


def require_rules(agreement: Agreement) -> tuple[None, Words]:
    """Verify that opened and withheld cells are the specification's, each once; raises VerificationError."""
    signed, asked = agreement.statement, agreement.question
    opened = tuple(cell for cell in asked.cells if cell in signed.opened)
    withheld = tuple(cell for cell in asked.cells if cell not in signed.opened)
    if (signed.opened, signed.withheld) != (opened, withheld):
        raise VerificationError("rules: opened and withheld cells are not those of the specification, each once")
    for cell, gate in asked.follows.items():
        if cell in opened and gate not in opened:
            raise VerificationError(f"rules: cell {cell} is open although {gate} is not")
    match asked.terms.get("guarantee"):
        case {"micro_rho": str(cost), "epsilon_milli": str(epsilon), "delta_log2": int(delta)}:
            worth = f"{cost} micro-rho, epsilon {int(epsilon) / 1000} at delta 2^{delta}"
            return None, Words(
                f"no minimum: {len(opened)} noised cells opened, {worth} for one unit",
                f"无最小值:开启 {len(opened)} 个加噪单元,单个保护单位 {worth}",
            )
    return None, Words(
        f"minimum {asked.minimum}, {len(opened)} cells opened, {len(withheld)} withheld",
        f"最小值 {asked.minimum},开启 {len(opened)} 个单元,扣留 {len(withheld)} 个",
    )


def _require_proposal(asked: Question, released: Released) -> None:
    entry = released.entry
    supplied = [(party_id(source.party), source.authorization) for source in asked.sources]
    roster = roster_of([*supplied, (party_id(asked.recipient), NOTHING)])
    proposed = (entry.recipient, entry.purpose, entry.operations, entry.minimum, entry.contributors, released.roster)
    expected = (party_id(asked.recipient), party_id(asked.purpose), int(asked.operations), asked.minimum)
    if proposed != (*expected, asked.contributors, roster):
        raise VerificationError("statement: the proposal on chain differs from the specification")


def _require_members(signed: Statement, asked: Question, codes: tuple[str, ...]) -> None:
    sources = {source.party: source for source in asked.sources}
    expected = []
    for code in codes:
        source = sources.get(code)
        role = asked.role(code)
        expected.append(Member(code, role, source.asset, source.authorization) if source else Member(code, role))
    if signed.members != tuple(expected):
        raise VerificationError("statement: its members are not the parties of the attempt")


def _keys(proven: Mapping[bytes, Keys], codes: tuple[str, ...], span: Span) -> Mapping[str, bytes]:
    keys = {}
    for code in codes:
        found = proven[party_id(code)]
        if not (found.is_good_at(span.opened) and found.is_good_at(span.signed)):
            raise VerificationError(f"statement: the keys of {code} were not in force during the job")
        keys[code] = found.statement
    return keys


def _require_session(found: Agreement, released: Released, genesis: bytes) -> None:
    """Build the session record that the chain implies and compare; only its open terms are the parties' own."""
    match found.statement.session:
        case {"terms": dict(terms)}:
            bound: JsonValue = {name: value for name, value in terms.items() if name not in found.question.free}
        case _:
            raise VerificationError("statement: a session record without terms")
    if canonical.encode(bound) != canonical.encode(dict(found.question.terms)):
        raise VerificationError("statement: the protocol's terms are not those of the specification")
    asked, commitments = found.question, released.story.commitments
    seats: list[JsonValue] = []
    for owner in found.owners:
        inputs = commitments.get((released.entry.attempt, party_id(owner)))
        if inputs is None:
            raise VerificationError(f"statement: {owner} committed to no input")
        seats.append({"party": owner, "key": found.keys[owner].hex(), "input": inputs.input.hex()})
    expected: JsonValue = {
        "format": SESSION_FORMAT,
        "protocol": asked.protocol,
        "genesis": genesis.hex(),
        "job": released.id.hex(),
        "attempt": released.entry.attempt,
        "suite": dsse.SUITE,
        "parties": seats,
        "recipient": {"party": asked.recipient, "key": found.keys[asked.recipient].hex()},
        "terms": terms,
    }
    if canonical.encode(found.statement.session) != canonical.encode(expected):
        raise VerificationError("statement: its session record is not the one the chain implies")
