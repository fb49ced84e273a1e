"""The protocol of masked sums as every kind uses it whose cells are counts and totals: roles, openings, release."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.evidence.arrangement import arranged
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.channel import Channel
from mpc.inputs import CellValues, Input, integer_of, object_of
from mpc.kinds.kind import Part, Sent
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.protocols.sums import agreement, office, owner
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.sums.schema import parse
from mpc.protocols.sums.upload import MASKED, OPEN
from mpc.session import Session


def contribute(part: Part) -> Verdict:
    """Put the cells on record before the gate can tell anything; noised ones tell nothing."""
    values, session = values_of(part.data), part.session
    done = owner.run_owner(session, part.channel, values, part.decide, part.journal, part.secret, part.before_bits)
    return Verdict.of(parse(session.terms).names, done.opened, done.transcript)


def announced(session: Session, sent: Sent) -> Decide:
    """Repeat the decisions that an owner announced."""
    return agreement.announced(sent, session.others[0], parse(session.terms).names)


def receive(spec: JsonValue, session: Session, channel: Channel) -> Release:
    """Run the recipient's role, and lay the figures out as the specification asks."""
    released = office.run_recipient(session, channel)
    figures: dict[str, JsonValue] = {name: str(total) for name, total in released.values.items()}
    document = arranged(spec, figures, released.withheld)
    openings: JsonValue = {
        part.party: {"upload": signed(part.upload), "opening": signed(part.opening)} for part in released.contributions
    }
    verdict = Verdict(tuple(released.values), released.withheld, released.transcript)
    return Release.of(session, document, openings, verdict)


def shown(openings: JsonValue) -> Mapping[str, str]:
    """Return the messages that a release's openings hold of one owner; raises InvalidRecord."""
    match openings:
        case {"upload": masked, "opening": opened}:
            return {MASKED: body_of(masked), OPEN: body_of(opened)}
    raise InvalidRecord("openings: an owner has upload and opening")


def read_input(value: JsonValue) -> CellValues:
    """Read an owner's totals by cell; raises InvalidRecord."""
    return CellValues({name: integer_of(total) for name, total in object_of(value).items()})


def values_of(data: Input) -> Mapping[str, int]:
    """Return an owner's totals; raises InvalidRecord for the input of another protocol."""
    if not isinstance(data, CellValues):
        raise InvalidRecord("input: of another statistic")
    return data.values
