"""What the steps of one owner's run share: the session, the schema, signed messages, the seed's streams.

It holds no values and makes no decision.
"""

from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.groups.elgamal import ElGamal
from mpc.protocols.sums.schema import Schema, parse
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session, SignedChannel
from mpc.stream import Randomness

PROTOCOL, NOISED = "masked-sums-v1", "noised-sums-v1"
"""Two protocols on the same steps: exact totals behind a gate, and noised totals without one."""
LABEL = "SHUXIN-MS-V1"


@dataclass(frozen=True, slots=True)
class Run:
    """One party's run of one attempt."""

    session: Session
    schema: Schema
    mail: SignedChannel
    random: Randomness

    @property
    def names(self) -> tuple[str, ...]:
        """The cells, in schema order."""
        return self.schema.names

    @property
    def elgamal(self) -> ElGamal:
        """The gate's encryption, in the group of the job."""
        return ElGamal(self.schema.prime_group)

    @property
    def label(self) -> str:
        """What separates this protocol's hashes from others'."""
        return LABEL

    def exchange(self, step: str, body: bytes) -> dict[str, bytes]:
        """Send one body to every other owner and take one of the same size from each; sorted by party."""
        self.broadcast(step, body)
        return {
            party: body if party == self.session.me else self.mail.receive(party, step, size=len(body))
            for party in self.session.parties
        }

    def broadcast(self, step: str, body: bytes) -> None:
        """Send one body to every other owner."""
        self.mail.send_all(step, dict.fromkeys(self.session.others, body))


def protocol_of(schema: Schema) -> str:
    """Name the protocol that opens these cells."""
    return PROTOCOL if schema.guarantee is None else NOISED


def begin(session: Session, channel: Channel) -> Run:
    """Read the schema from the session's record and open the streams of its seed.

    Raises:
        InvalidRecord: another protocol's session, malformed terms, too few owners, or a possible overflow.
    """
    if session.protocol not in (PROTOCOL, NOISED):
        raise InvalidRecord(f"session: protocol {PROTOCOL} or {NOISED} expected, got {session.protocol[:40]!r}")
    schema = parse(session.terms)
    if protocol_of(schema) != session.protocol:
        raise InvalidRecord(f"session: these cells are not those of {session.protocol}")
    schema.check_owners(len(session.parties))
    return Run(session, schema, SignedChannel(session, channel, LABEL), session.randomness())
