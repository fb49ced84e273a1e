"""A client's part of a round: hand over a masked vector, agree with the others who is in the round, then open.

What leaves is vector + pad + pairwise masks, modulo 2^64. The pad is the client's own; pairwise masks cancel between
clients that are both in the round. A client opens its pad only when every client of the round has signed the same
list of clients, and opens the pairwise key of a lost client only in that same act. Each signs once; the server carries
the signatures, and each client verifies all. So a server that holds a vector and says it was lost gets the pairwise
masks off it, but never the pad: the lost client does not open in a round whose list the others did not sign. One round
is opened once, and rounds only go up. A vector that was opened with some clients is not opened with others: two sums
would differ by a single client's vector.

It does NOT bound what is in a vector beyond its clipping: a poisoned update is masked like any other. Nor does it see
that two different vectors are nearly the same.
Trust: semi-honest server; at most ``clients - 2`` others may collude with it. Source: Bonawitz et al., CCS 2017, with
the signatures of its consistency check (round 3) and, instead of shared secrets, clients that open for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from federated.aggregation import keys, messages
from federated.aggregation.messages import AGREED, OPENED, SIGNATURES, SURVIVORS, UPLOAD
from federated.aggregation.vector import Floats, Layout
from ledger.errors import Conflict, InvalidRecord, VerificationError
from mpc.masking import Pair
from mpc.sessions.channel import Misbehaviour, blame
from mpc.sessions.session import SIGNATURE_BYTES, Signed, SignedChannel
from mpc.stream import Randomness


@dataclass(slots=True)
class Client:
    """One client of one run. least: clients below which it opens nothing; least is at least 3."""

    mail: SignedChannel
    layout: Layout
    least: int
    pairs: Mapping[str, Pair] = field(repr=False)
    random: Randomness = field(repr=False)
    last: int = 0
    summed: dict[bytes, frozenset[str]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.least < 3:
            raise ValueError("of two clients each could subtract its own vector")

    def contribute(self, number: int, values: Floats, about: bytes = b"") -> dict[str, bytes]:
        """Take part in a round; return the digests of the masked vectors that were added up, by client.

        Args:
            about: what all clients must have been told alike, such as the digest of the model that they improve. Whom
                alone another one is told could be read from the difference of two sums.

        Raises:
            Conflict: a round that is not after the last one, or the same vector with other clients than before.
            InvalidRecord: a vector that does not fit the layout.
            Misbehaviour: the server or a client broke the protocol; nothing was opened.
            ChannelTimeout: one of them is silent; nothing was opened.
        """
        if number <= self.last:
            raise Conflict(f"round {number}: round {self.last} was begun before")
        pad = self.random.stream(f"pad|{number}").read(messages.SEED_BYTES)
        plain = self.layout.words(values)
        words = plain + messages.expand(pad, self.layout.places)
        for shared in self.pairs.values():
            mask = messages.expand(keys.of_round(shared, number), self.layout.places)
            words = words + mask if self._me == shared.first else words - mask
        self.last = number
        masked = messages.encode_words(words)
        server = self.mail.session.recipient
        self.mail.send(server, messages.step(UPLOAD, number), masked)
        survivors = self._survivors(number, messages.masked_digest(masked))
        self._require_same_clients(messages.masked_digest(messages.encode_words(plain)), frozenset(survivors))
        self._agree(number, survivors, about)
        lost = [party for party in self.mail.session.others if party not in survivors]
        opened = b"".join(keys.of_round(self.pairs[party], number) for party in lost)
        self.mail.send(server, messages.step(OPENED, number), pad + opened)
        return survivors

    def _survivors(self, number: int, mine: bytes) -> dict[str, bytes]:
        session, step = self.mail.session, messages.step(SURVIVORS, number)
        body = self.mail.receive(session.recipient, step, size=messages.DIGEST_BYTES * len(session.parties))
        with blame(session.recipient, step):
            survivors = messages.decode_survivors(body, session.parties)
        if survivors.get(self._me) != mine:
            raise Misbehaviour(session.recipient, step, "leaves this client out, or names another vector of it")
        if len(survivors) < self.least:
            raise Misbehaviour(session.recipient, step, f"a round of {len(survivors)}, at least {self.least} expected")
        return survivors

    def _require_same_clients(self, vector: bytes, survivors: frozenset[str]) -> None:
        """Refuse a vector that may have been opened with other clients; noted before anything of the round leaves."""
        if self.summed.setdefault(vector, survivors) != survivors:
            raise Conflict("this vector was handed over before in a round of other clients")

    def _agree(self, number: int, survivors: Mapping[str, bytes], about: bytes) -> None:
        """Sign what was told and go on once all others of the round have signed the same; one signature each."""
        session, server = self.mail.session, self.mail.session.recipient
        listed = messages.encode_survivors(survivors, session.parties)
        digest = messages.agreement(session.digest, number, listed, about)
        self.mail.send(server, messages.step(AGREED, number), digest)
        step = messages.step(SIGNATURES, number)
        body = self.mail.receive(server, step, size=SIGNATURE_BYTES * len(session.parties))
        with blame(server, step):
            found = messages.decode_signatures(body, session.parties)
        for other in (party for party in session.others if party in survivors):
            signed = Signed(digest, found.get(other, b""))
            try:
                self.mail.require_signed(other, server, messages.step(AGREED, number), signed)
            except (VerificationError, InvalidRecord) as fault:
                text = f"{other} has not signed this list of clients and this model for the round"
                raise Misbehaviour(server, step, text) from fault

    @property
    def _me(self) -> str:
        return self.mail.session.me
