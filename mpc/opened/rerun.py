"""Running a party's part of an attempt again, from its opened seed and input and the messages it received.

Everything but the party's own part comes from the signed statement. An owner's decisions on what to open follow from no
seed; they are taken from what it announced to the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.channel import Channel
from mpc.commitment import Secret
from mpc.fields import Fields
from mpc.inputs import CellValues, HolderRows, Input, ListedKeys
from mpc.protocols.join import holder, lister
from mpc.protocols.join import opening as join_opening
from mpc.protocols.join import run as join_run
from mpc.protocols.join.terms import parse_terms
from mpc.protocols.sums import agreement, owner
from mpc.protocols.sums import run as sums_run
from mpc.protocols.sums import schema as sums_schema
from mpc.replay import Place, Unsigned, replay
from mpc.session import MAX_PARTIES, Seat, Session
from mpc.spec import JobSpec, SumsSpec

Progress = join_run.Progress
silent = join_run.silent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run ends in."""

    opened: tuple[str, ...]
    transcript: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A party's part of one attempt, as it was opened."""

    spec: JobSpec
    session: Session
    data: Input = field(repr=False)
    secret: Secret = field(repr=False)
    sent: Mapping[Place, bytes] = field(repr=False)
    received: Mapping[Place, bytes] = field(repr=False)

    @property
    def label(self) -> str:
        """The protocol's signature label."""
        return sums_run.LABEL if isinstance(self.spec, SumsSpec) else join_run.LABEL


class _Forgetful:
    """A journal for a run that repeats what has left already."""

    def before_send(self, session: Session, step: str, digest: bytes) -> None:
        """Take every message as it comes."""


def session_of(record: JsonValue, party: str, seed: bytes) -> Session:
    """Build a party's session from the record that all parties signed.

    Raises:
        InvalidRecord: malformed, or the party takes no part in it.
    """
    fields = Fields(record, "session")
    fields.text("format")
    recipient, seats = fields.object("recipient"), fields.objects("parties", MAX_PARTIES)
    found = tuple(Seat(s.text("party"), s.digest("key"), s.digest("input")) for s in seats)
    if party not in {seat.party for seat in found}:
        raise InvalidRecord(f"opened audit: {party} supplied no input to this job")
    key = next(seat.key for seat in found if seat.party == party)
    terms = record.get("terms") if isinstance(record, dict) else None
    if not isinstance(terms, dict):
        raise InvalidRecord("session: terms are missing")
    return Session(
        protocol=fields.text("protocol"),
        genesis=fields.digest("genesis"),
        job=fields.digest("job"),
        attempt=fields.integer("attempt"),
        seats=found,
        recipient=recipient.text("party"),
        recipient_key=recipient.digest("key"),
        terms=terms,
        me=party,
        signer=Unsigned(key),
        seed=seed,
    )


def rerun(part: Part, progress: Progress) -> Outcome:
    """Hold the recorded messages against the party's run.

    Raises:
        Misbehaviour: a recorded message differs, is missing or superfluous; or one it received does not hold.
        ChannelTimeout: a received message is missing. InvalidRecord: the input does not fit the job's terms.
    """
    return replay(part.session, part.label, part.received, part.sent, _program(part, progress))


def _program(part: Part, progress: Progress) -> Callable[[Channel], Outcome]:
    session, spec, journal = part.session, part.spec, _Forgetful()
    match part.data:
        case CellValues(values) if isinstance(spec, SumsSpec):
            names = sums_schema.parse(session.terms).names
            decide = agreement.announced(part.sent, session.others[0], names)

            def sums(channel: Channel) -> Outcome:
                done = owner.run_owner(session, channel, values, decide, journal, part.secret)
                return Outcome(done.opened, done.transcript)

            return sums
        case HolderRows(table, noise):
            terms = parse_terms(dict(session.terms))
            announced = join_opening.announced(part.sent, terms.lister, terms.cells)

            def held(channel: Channel) -> Outcome:
                done = holder.run_holder(
                    session, channel, table, announced, journal, terms=terms, noise=noise, progress=progress
                )
                return Outcome(done.opened, done.transcript)

            return held
        case ListedKeys(keys, noise):
            terms = parse_terms(dict(session.terms))
            decided = join_opening.announced(part.sent, terms.holder, terms.cells)

            def listed(channel: Channel) -> Outcome:
                done = lister.run_lister(
                    session, channel, keys, decided, journal, terms=terms, noise=noise, progress=progress
                )
                return Outcome(done.opened, done.transcript)

            return listed
    raise InvalidRecord("opened audit: the input is of another statistic")
