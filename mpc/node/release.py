"""The documents of a finished protocol: the release with its commitment, and the statement that all parties sign.

Owners and recipient build the statement separately from the same public facts. The release (the figures) exists at
the recipient only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.evidence import statement
from contracts.evidence.arrangement import arranged
from contracts.evidence.statement import Member, Statement
from ledger.canonical import JsonValue
from mpc import computation
from mpc.node.guard import Mandate
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join import office as join_office
from mpc.protocols.join.descriptor import DESCRIPTOR as JOIN
from mpc.protocols.join.noised import DESCRIPTOR as NOISED_JOIN
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sums import office as sums_office
from mpc.protocols.sums.descriptor import DESCRIPTOR as SUMS
from mpc.protocols.sums.noised import DESCRIPTOR as NOISED
from mpc.session import Session, Signed
from mpc.spec import JobSpec, SumsSpec


@dataclass(frozen=True, slots=True)
class Verdict:
    """What every party knows when the protocol is over; names in the order of the specification."""

    opened: tuple[str, ...]
    withheld: tuple[str, ...]
    transcript: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """What the recipient holds: figures, salt, and the owners' signed messages from which anybody re-adds them."""

    document: JsonValue = field(repr=False)
    salt: bytes = field(repr=False)
    result: bytes
    openings: JsonValue = field(repr=False)
    verdict: Verdict


def descriptor(spec: JobSpec) -> Descriptor:
    """Return the leakage descriptor of the protocol that answers a specification."""
    if isinstance(spec, SumsSpec):
        return SUMS if spec.privacy is None else NOISED
    return JOIN if spec.privacy is None else NOISED_JOIN


def build_statement(session: Session, mandate: Mandate, verdict: Verdict, result: bytes) -> Statement:
    """Build the statement of this release; every party arrives at the same bytes."""
    spec = mandate.spec
    sources = {source.party: source for source in mandate.owners}
    members = []
    for party in mandate.parties:
        source = sources.get(party)
        role = computation.role(spec, party)
        members.append(Member(party, role, source.asset, source.authorization) if source else Member(party, role))
    return Statement(
        session=session.record,
        spec=spec.json(),
        members=tuple(members),
        opened=verdict.opened,
        withheld=verdict.withheld,
        transcript=verdict.transcript,
        leakage=descriptor(spec).record(),
        result=result,
    )


def sums_release(spec: SumsSpec, session: Session, released: sums_office.Released) -> Release:
    """Commit to opened totals of masked sums, arranged as a table if one was asked."""
    figures: dict[str, JsonValue] = {name: str(total) for name, total in released.values.items()}
    document = arranged(spec.json(), figures, released.withheld)
    salt = session.randomness().stream("release salt").read(statement.SALT_BYTES)
    openings: JsonValue = {
        part.party: {"upload": _signed(part.upload), "opening": _signed(part.opening)}
        for part in released.contributions
    }
    verdict = Verdict(tuple(released.values), released.withheld, released.transcript)
    return Release(document, salt, statement.commit(session.digest, salt, document), openings, verdict)


def join_release(terms: JoinTerms, released: join_office.Released) -> Release:
    """Take over the commitment that the join itself ends with."""
    openings: JsonValue = {party: _signed(share) for party, share in released.shares.items()}
    verdict = Verdict(tuple(released.cells), released.withheld, released.transcript)
    document = join_office.figures(terms, released.cells)
    return Release(document, released.salt, released.commitment, openings, verdict)


def _signed(message: Signed) -> JsonValue:
    return {"body": message.body.hex(), "signature": message.signature.hex()}
